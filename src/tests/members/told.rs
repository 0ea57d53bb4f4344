//! Members hear by email what others change about them.

use super::{Role, TestApp, acme, both_databases};
use crate::time::Span;

both_databases!(
    whose_role_was_changed_is_told,
    who_was_removed_is_told,
    nobody_is_told_more_than_they_can_read,
);

async fn whose_role_was_changed_is_told(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let bo = acme.has("Bo", Role::Admin).await;
    ana.sets_role(&acme, &bo, Role::Editor).await.status(200);
    let told = app.letter_to(&bo.email).await;
    assert_eq!(told.subject, "You are now an Editor in Acme");
    for says in [
        "Ana changed your role in Acme from Admin to Editor.",
        "http://localhost:3000/acme",
        "If you think this is a mistake, ask Ana.",
    ] {
        assert!(told.text.contains(says), "{says}: {}", told.text);
    }
    // What changes nothing, and what fails, is not told.
    ana.sets_role(&acme, &bo, Role::Editor).await.status(200);
    bo.sets_role(&acme, &ana, Role::Viewer).await.status(403);
    // Nor is what one does oneself.
    let ben = acme.has("Ben", Role::Owner).await;
    ben.sets_role(&acme, &ben, Role::Viewer).await.status(200);
    for (who, letters) in [(&bo, 1), (&ana, 0), (&ben, 0)] {
        assert_eq!(app.letters_to(&who.email).await, letters, "{}", who.email);
    }
}

async fn who_was_removed_is_told(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let (bo, vic) = (acme.has("Bo", Role::Editor).await, acme.has("Vic", Role::Viewer).await);
    // It is asked first, and so not done yet.
    acme.planted(&bo, "guest@example.com", Role::Viewer).await;
    ana.removes(&acme, &bo).await;
    assert_eq!((acme.role_of(&bo).await, app.letters_to(&bo.email).await), (Some(Role::Editor), 0));
    ana.removes_knowing(&acme, &bo, 1).await.status(200);
    let told = app.letter_to(&bo.email).await;
    assert_eq!(told.subject, "You were removed from Acme");
    assert!(told.text.contains("Ana removed you from Acme. You can no longer open it."), "{}", told.text);
    vic.leaves(&acme).await.status(200);
    assert_eq!(app.letters_to(&vic.email).await, 0);
}

async fn nobody_is_told_more_than_they_can_read(app: TestApp) {
    let (ana, acme) = acme(&app).await;
    let bo = acme.has("Bo", Role::Viewer).await;
    let changes = async |times: usize| {
        for n in 0..times {
            let role = if n % 2 == 0 { Role::Editor } else { Role::Viewer };
            ana.sets_role(&acme, &bo, role).await.status(200);
        }
    };
    changes(12).await;
    assert_eq!(app.letters_to(&bo.email).await, 10);
    app.clock.advance(Span::minutes(61));
    changes(1).await;
    assert_eq!(app.letters_to(&bo.email).await, 11);
}
