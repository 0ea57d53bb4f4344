//! Emails leave, whatever others send and however the mail server behaves.

use super::support::{TestApp, both_databases, eventually};
use crate::{
    id::UserId,
    tenancy::{change::Sender, mail::Letter, outbox},
    time::{Span, Timestamp},
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

both_databases!(
    nobody_waits_for_all_the_emails_of_another,
    a_mail_server_that_says_nothing_holds_up_no_other_email,
    an_email_is_tried_for_two_days_while_the_mail_server_is_away,
    what_the_mail_server_refuses_for_good_is_not_tried_again,
);

/// Puts letters to these addresses into the outbox.
async fn writes(app: &TestApp, from: Sender, to: &[String]) {
    let mut change = app.change_outside_tenancy().await.unwrap();
    for to in to {
        let text = || "x".to_owned();
        let letter = Letter { kind: "test", to: to.clone(), subject: text(), text: text(), html: text() };
        change.mail(from, &letter).await.unwrap();
    }
    change.commit().await.unwrap();
}

/// How many letters to an address were sent.
async fn sent(app: &TestApp, email: &str) -> i64 {
    let count = "SELECT count(*) FROM letters WHERE recipient = $1 AND done_at IS NOT NULL";
    let (count,): (i64,) = app.outside_tenancy().query(count).bind(email.to_owned()).one().await.unwrap();
    count
}

async fn nobody_waits_for_all_the_emails_of_another(app: TestApp) {
    // An hour ahead of the other process, which does not send them so.
    let app = app.another_idle(|_| {}).await;
    app.clock.advance(Span::hours(1));
    let many: Vec<_> = (0..60).map(|n| format!("guest{n}@example.com")).collect();
    let ana = Sender { person: Some(UserId(app.clock.id())), ..Sender::default() };
    writes(&app, ana, &many).await;
    writes(&app, Sender::default(), &["ben@example.com".to_owned()]).await;
    let sending = tokio::spawn(outbox::run((*app).clone()));
    let all = || async { Some(app.mail.mailbox().unwrap()).filter(|letters| letters.len() == 61) };
    let mut letters = eventually("all to be sent", all).await;
    sending.abort();
    letters.reverse();
    let at = letters.iter().position(|letter| letter.to == "ben@example.com").unwrap();
    assert!(at < 20, "it was number {at}");
}

async fn a_mail_server_that_says_nothing_holds_up_no_other_email(app: TestApp) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let is_connected = Arc::new(AtomicBool::new(false));
    let connected = is_connected.clone();
    let mail_server = tokio::spawn(async move {
        // To the first that comes it says nothing.
        let _silent = listener.accept().await.unwrap();
        connected.store(true, Ordering::Relaxed);
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(takes_letters(socket, "250 fine\r\n"));
        }
    });
    let app = app.another_idle(|config| config.smtp_url = Some(url)).await;
    app.clock.advance(Span::hours(1));
    let [slow, ben] = ["slow", "ben"].map(|name| format!("{name}@example.com"));
    writes(&app, Sender::default(), std::slice::from_ref(&slow)).await;
    let sending = tokio::spawn(outbox::run((*app).clone()));
    eventually("the first connection", || async { is_connected.load(Ordering::Relaxed).then_some(()) }).await;
    writes(&app, Sender::default(), std::slice::from_ref(&ben)).await;
    eventually("the second email", || async { (sent(&app, &ben).await == 1).then_some(()) }).await;
    assert_eq!(sent(&app, &slow).await, 0);
    // It is given up, and tried again.
    let tried_again = || async {
        app.clock.advance(Span::seconds(10));
        (sent(&app, &slow).await == 1).then_some(())
    };
    eventually("the first email", tried_again).await;
    sending.abort();
    mail_server.abort();
}

/// Waits until a letter was tried so often, and tells in how many minutes it will be tried again; nothing if it failed.
async fn tried(app: &TestApp, email: &str, attempts: i64) -> Option<i64> {
    let sql = "SELECT due_at, failed_at FROM letters WHERE recipient = $1 AND attempts = $2";
    let ask = || async {
        let row = app.outside_tenancy().query(sql).bind(email.to_owned()).bind(attempts);
        row.optional::<(Timestamp, Option<Timestamp>)>().await.unwrap()
    };
    let (due, failed) = eventually("the email to be tried", ask).await;
    failed.is_none().then(|| (due + Span::seconds(30) - app.clock.now()).whole_minutes())
}

async fn an_email_is_tried_for_two_days_while_the_mail_server_is_away(app: TestApp) {
    let app = app.another_idle(|config| config.smtp_url = Some("smtp://127.0.0.1:9".into())).await;
    app.clock.advance(Span::hours(1));
    let ben = "ben@example.com".to_owned();
    writes(&app, Sender::default(), std::slice::from_ref(&ben)).await;
    let sending = tokio::spawn(outbox::run((*app).clone()));
    assert_eq!(tried(&app, &ben, 1).await, Some(0));
    // As after a day.
    app.execute("UPDATE letters SET attempts = 30").await;
    app.clock.advance(Span::days(1));
    assert_eq!(tried(&app, &ben, 31).await, Some(60));
    app.clock.advance(Span::days(1));
    assert_eq!(tried(&app, &ben, 32).await, None);
    sending.abort();
}

async fn what_the_mail_server_refuses_for_good_is_not_tried_again(app: TestApp) {
    for (answer, tried_again) in
        [("450 later\r\n", true), ("535 who are you\r\n", true), ("550 no such person\r\n", false)]
    {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let mail_server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(takes_letters(socket, answer));
            }
        });
        let app = app.another_idle(|config| config.smtp_url = Some(url)).await;
        app.clock.advance(Span::hours(1));
        let to = format!("{}@example.com", &answer[..3]);
        writes(&app, Sender::default(), std::slice::from_ref(&to)).await;
        let sending = tokio::spawn(outbox::run((*app).clone()));
        assert_eq!(tried(&app, &to, 1).await.is_some(), tried_again, "{answer}");
        sending.abort();
        mail_server.abort();
    }
}

/// Answers as a mail server that takes all letters, or says something else of each recipient.
async fn takes_letters(socket: TcpStream, to_recipient: &'static str) {
    let (mut socket, mut line, mut is_text) = (BufReader::new(socket), String::new(), false);
    let mut answer = "220 ready\r\n";
    while answer.is_empty() || socket.write_all(answer.as_bytes()).await.is_ok() {
        line.clear();
        if !socket.read_line(&mut line).await.is_ok_and(|read| read > 0) {
            return;
        }
        answer = match line.trim_end() {
            "." => "250 taken\r\n",
            _ if is_text => "",
            "DATA" => "354 go on\r\n",
            "QUIT" => "221 bye\r\n",
            to if to.starts_with("RCPT") => to_recipient,
            _ => "250 fine\r\n",
        };
        is_text = answer.starts_with("354") || is_text && answer.is_empty();
    }
}
