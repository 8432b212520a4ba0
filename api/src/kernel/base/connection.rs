//! Cuts connections that do not get on with it.
//!
//! The HTTP library limits the time of the first request's headers and of waiting for the next
//! request, but stops both clocks once a first byte of the next request has come, and reads the
//! rest of an unwanted chunked body without any; and it waits for ever until a client takes a
//! reply. So each connection has a watch: when nothing is being answered for longer than an honest
//! client needs, the socket is closed, and when a client does not take its reply, it is reset.

use std::cell::Cell;
use std::net::Shutdown;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;
use actix_web::dev::{Extensions, ServiceRequest};
use actix_web::rt::net::TcpStream;
use socket2::{SockRef, Socket};
use tokio::sync::oneshot;

use super::task;

/// What a connection is doing.
#[derive(Debug)]
struct Activity {
    answering: Cell<u32>,
    quiet_since: Cell<Instant>,
    /// When the client will have kept a reply waiting for too long.
    cut_at: Cell<Option<Instant>>,
    socket: Socket,
    /// Tells the watch that the connection is gone.
    _gone: oneshot::Sender<()>,
}

/// Kept with each connection.
#[derive(Debug)]
struct Watched(Rc<Activity>);

/// Holds the watch off while one request is answered.
#[derive(Debug)]
pub struct Answering(Rc<Activity>);

impl Answering {
    /// Lets the watch reset the connection at that moment.
    pub(in crate::kernel) fn cut_at(&self, at: Instant) {
        self.0.cut_at.set(Some(at));
    }

    /// Resets the connection, though the client takes nothing of what is on its way.
    pub(in crate::kernel) fn reset(&self) {
        self.0.reset();
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answering.set(self.0.answering.get().saturating_sub(1));
        self.0.quiet_since.set(Instant::now());
        self.0.cut_at.set(None);
    }
}

/// The way to break a connection off in the middle of a reply that cannot be made whole. An end
/// would pass for the end of the reply where its length is not said (HTTP/1.0), so that the
/// connection is reset.
#[derive(Clone, Debug)]
pub struct Line(Rc<Activity>);

impl Line {
    /// That of a request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Self> {
        request.conn_data::<Watched>().map(|Watched(activity)| Self(Rc::clone(activity)))
    }

    /// Lets the connection be reset when it is closed.
    pub fn reset_at_end(&self) {
        self.0.reset_at_end();
    }
}

impl Activity {
    fn reset_at_end(&self) {
        // One that the client has reset already is as good.
        let _ = self.socket.set_linger(Some(Duration::ZERO));
    }

    fn reset(&self) {
        self.reset_at_end();
        self.close();
    }

    fn close(&self) {
        tracing::debug!("closing a connection that is too slow");
        // It may have closed by itself meanwhile.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

/// Says that the request's connection is busy until the result is dropped.
#[must_use]
pub fn answering(request: &ServiceRequest) -> Option<Answering> {
    let Watched(activity) = request.conn_data::<Watched>()?;
    activity.answering.set(activity.answering.get() + 1);
    Some(Answering(Rc::clone(activity)))
}

/// Puts a watch on each connection that closes it after `limit` in which nothing was answered. It
/// looks at the replies every `stall`.
pub fn watch(limit: Duration, stall: Duration) -> impl Fn(&TcpStream, &mut Extensions) + 'static {
    move |stream, extensions| {
        let Ok(socket) = SockRef::from(stream).try_clone() else { return };
        let (sender, gone) = oneshot::channel();
        let activity = Rc::new(Activity {
            answering: Cell::new(0),
            quiet_since: Cell::new(Instant::now()),
            cut_at: Cell::new(None),
            socket,
            _gone: sender,
        });
        let weak = Rc::downgrade(&activity);
        extensions.insert(Watched(activity));
        task::spawn(async move {
            tokio::select! {
                _ = gone => {}
                () = outlast(&weak, limit, stall) => {}
            }
        });
    }
}

/// Ends, and the connection with it, when it has been quiet for longer than `limit`, or a reply was
/// not taken in time.
async fn outlast(activity: &Weak<Activity>, limit: Duration, stall: Duration) {
    loop {
        let wait = {
            let Some(activity) = activity.upgrade() else { return };
            let cut = activity.cut_at.get().map(|at| at.saturating_duration_since(Instant::now()));
            if cut.is_some_and(|left| left.is_zero()) {
                return activity.reset();
            }
            let quiet = match activity.answering.get() {
                0 => limit.saturating_sub(activity.quiet_since.get().elapsed()),
                _ => limit,
            };
            if quiet.is_zero() {
                return activity.close();
            }
            cut.unwrap_or(quiet).min(quiet).min(stall)
        };
        tokio::time::sleep(wait).await;
    }
}
