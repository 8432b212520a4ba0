//! Bodies on their way to a handler.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use crate::kernel::base::problem::Result;

/// Reads a body, and then makes the argument of a handler from it. Only the second step depends on the type, so that
/// reading and checking are compiled once.
pub struct BodyFuture<T> {
    read: LocalBoxFuture<'static, Result<Value>>,
    make: fn(Value) -> Result<T>,
}

impl<T> BodyFuture<T> {
    pub(super) fn new(read: impl Future<Output = Result<Value>> + 'static, make: fn(Value) -> Result<T>) -> Self {
        Self { read: Box::pin(read), make }
    }
}

impl<T> Future for BodyFuture<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T>> {
        match self.read.as_mut().poll(context) {
            Poll::Ready(Ok(value)) => Poll::Ready((self.make)(value)),
            Poll::Ready(Err(problem)) => Poll::Ready(Err(problem)),
            Poll::Pending => Poll::Pending,
        }
    }
}
