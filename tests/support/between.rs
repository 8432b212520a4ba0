//! A line between the service and PostgreSQL that can fall silent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// The line. Connections stay open while it is silent, and nothing arrives.
pub struct Between {
    address: SocketAddr,
    silent: Arc<AtomicBool>,
}

impl Between {
    /// A line to the server of a database.
    pub async fn to(url: &str) -> Self {
        let place = url.split(['@', '/']).nth(3).expect("postgres://USER@HOST/NAME");
        let place = if place.contains(':') { place.to_owned() } else { format!("{place}:5432") };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Self { address: listener.local_addr().unwrap(), silent: Arc::default() };
        let silent = line.silent.clone();
        actix_web::rt::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let far = TcpStream::connect(&place).await.unwrap();
                let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
                actix_web::rt::spawn(forward(from_near, to_far, silent.clone()));
                actix_web::rt::spawn(forward(from_far, to_near, silent.clone()));
            }
        });
        line
    }

    /// The address of the same database by this line.
    pub fn url(&self, url: &str) -> String {
        let name = url.rsplit('/').next().unwrap();
        format!("postgres://postgres@{}/{name}", self.address)
    }

    /// Whether nothing arrives any more.
    pub fn silence(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }
}

async fn forward(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, silent: Arc<AtomicBool>) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut bytes).await {
        while silent.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        if to.write_all(&bytes[..length]).await.is_err() {
            return;
        }
    }
}
