//! A GET on a connection of its own, as from a reader who has just come. (Kept connections would wait 40 ms for a delayed
//! acknowledgement with servers that send head and body apart, which says nothing about the server's work.)

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// Asks for a path; gives how long the body is.
pub fn get(address: SocketAddr, path: &str) -> Result<usize> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let (mut stream, mut line) = (BufReader::new(stream), String::new());
    stream.read_line(&mut line)?;
    ensure!(line.starts_with("HTTP/1.1 200"), "GET {path} was answered {line:?}");
    let mut length = None;
    while line.trim_end() != "" {
        line.clear();
        stream.read_line(&mut line)?;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = Some(value.trim().parse()?);
        }
    }
    let length = length.context("an answer without its length")?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(length)
}
