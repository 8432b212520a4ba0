//! Work beside requests.

use std::future::Future;
use std::pin::Pin;

/// Starts work on this thread that nobody waits for. The runtime's own code is compiled for each type of work that it
/// gets, so that it gets one type alone.
pub fn spawn(work: impl Future<Output = ()> + 'static) {
    let work: Pin<Box<dyn Future<Output = ()>>> = Box::pin(work);
    actix_web::rt::spawn(work);
}
