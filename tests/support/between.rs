//! A line between the service and PostgreSQL that can fall silent.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// The line. Connections stay open while it is silent, and nothing arrives.
pub struct Between {
    address: SocketAddr,
    silent: Arc<AtomicBool>,
}

impl Between {
    /// A line to the server of a database.
    pub fn to(url: &str) -> Self {
        let place = url.split(['@', '/']).nth(3).expect("postgres://USER@HOST/NAME");
        let place = if place.contains(':') { place.to_owned() } else { format!("{place}:5432") };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let line = Self { address: listener.local_addr().unwrap(), silent: Arc::default() };
        let silent = line.silent.clone();
        // On threads of its own: the test's waits while the program starts.
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let far = TcpStream::connect(&place).unwrap();
                for (from, to) in [(&near, &far), (&far, &near)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let silent = silent.clone();
                    thread::spawn(move || forward(from, to, &silent));
                }
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

fn forward(mut from: TcpStream, mut to: TcpStream, silent: &AtomicBool) {
    let mut bytes = vec![0; 64 << 10];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        while silent.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(10));
        }
        if to.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    // The other side hears of the end.
    let _ = to.shutdown(std::net::Shutdown::Write);
}
