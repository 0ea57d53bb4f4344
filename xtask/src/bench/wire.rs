//! A connection that costs little: it sends the same bytes again and again, and looks at no more of an answer than its
//! status and its length. With a client that takes longer than the server, one would measure the client.

use std::fmt::Write;

use anyhow::{Context, Result, bail};
use hyper::Method;
use hyper::header::CONTENT_LENGTH;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::bench::client::{Answer, Call};

/// The most header fields of an answer.
const FIELDS: usize = 64;

/// One connection, and the one request that it sends.
pub(crate) struct Wire {
    stream: TcpStream,
    request: Vec<u8>,
    /// What was read.
    read: Vec<u8>,
    /// The answer before: its status line, its whole length, and its status and the length of its body. Most are as
    /// long as the one before, and are looked at no further.
    last: Option<([u8; 12], usize, (u16, usize))>,
}

/// Whether the call can be sent this way, and its answer read: nothing in it changes, and the answer tells its length.
pub(crate) fn can_carry(call: &Call, answer: &Answer) -> bool {
    let has_no_body = matches!(answer.status.as_u16(), 204 | 304);
    call.method == Method::GET && (has_no_body || answer.headers.contains_key(CONTENT_LENGTH))
}

impl Wire {
    /// Connects to `host:port`.
    pub(crate) async fn open(address: &str, call: &Call) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        let mut request = format!("GET {} HTTP/1.1\r\nhost: {address}\r\n", call.path);
        for (name, value) in &call.headers {
            write!(request, "{name}: {value}\r\n")?;
        }
        if !call.cookies.is_empty() {
            write!(request, "cookie: {}\r\n", call.cookies)?;
        }
        if call.headers.iter().all(|(name, _)| *name != "accept") {
            request += "accept: text/html\r\n";
        }
        request += "\r\n";
        Ok(Self { stream, request: request.into_bytes(), read: Vec::with_capacity(64 * 1024), last: None })
    }

    /// Sends the request and reads the answer: its status, and the length of its body.
    pub(crate) async fn send(&mut self) -> Result<(u16, usize)> {
        self.stream.write_all(&self.request).await?;
        self.read.clear();
        let mut wanted = None;
        loop {
            if self.stream.read_buf(&mut self.read).await? == 0 {
                bail!("the connection ended within an answer");
            }
            if let Some((line, length, answer)) = self.last
                && self.read.len() == length
                && self.read.starts_with(&line)
            {
                return Ok(answer);
            }
            if wanted.is_none() {
                wanted = head(&self.read)?;
            }
            if let Some((status, head, body)) = wanted
                && self.read.len() >= head + body
            {
                let line = self.read.first_chunk().copied().context("a status line is longer")?;
                self.last = Some((line, head + body, (status, body)));
                return Ok((status, body));
            }
        }
    }
}

/// Of the beginning of an answer, once its head is there: its status, and the lengths of its head and its body.
fn head(read: &[u8]) -> Result<Option<(u16, usize, usize)>> {
    let mut fields = [httparse::EMPTY_HEADER; FIELDS];
    let mut answer = httparse::Response::new(&mut fields);
    let httparse::Status::Complete(head) = answer.parse(read)? else { return Ok(None) };
    let status = answer.code.context("an answer has a status")?;
    let length = answer.headers.iter().find(|field| field.name.eq_ignore_ascii_case(CONTENT_LENGTH.as_str()));
    let length = length.map(|field| std::str::from_utf8(field.value)).transpose()?.map(str::parse);
    // What was not modified may tell the length that it has, and sends nothing.
    let body = if status == 304 { 0 } else { length.transpose()?.unwrap_or(0) };
    Ok(Some((status, head, body)))
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn an_answer_is_read_as_far_as_it_is_there() {
        assert_eq!(head(b"HTTP/1.1 200 OK\r\nContent-").unwrap(), None);
        let whole = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nHello";
        assert_eq!(head(whole).unwrap(), Some((200, whole.len() - 5, 12)));
        let known = b"HTTP/1.1 304 Not Modified\r\ncontent-length: 12\r\n\r\n";
        assert_eq!(head(known).unwrap(), Some((304, known.len(), 0)));
        assert!(head(b"SMTP ready\r\n").is_err());
    }
}
