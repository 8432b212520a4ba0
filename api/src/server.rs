//! The HTTP server: its time limits, its start and its end.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::rc::Rc;
use std::time::Duration;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_server::{GracefulShutdownSignal, ServerBuilder};
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Server};
use actix_web::http::KeepAlive;
use actix_web::rt::net::TcpStream;
use socket2::{Domain, Protocol, Socket, Type};

use crate::app;
use crate::kernel::base::connection;
use crate::kernel::base::settings::Listen;
use crate::kernel::caller::state::State;
use crate::kernel::edge::listeners::ForOperations;
use crate::kernel::edge::malformed::Stream;

/// After a reply to a request whose body was not read, how long the rest of it is awaited, so
/// that the client reads the reply before the connection closes.
const LINGER: Duration = Duration::from_secs(3);

/// Connections that wait to be taken.
const BACKLOG: i32 = 1024;

/// A server that listens already, and answers once it is awaited.
pub struct Bound {
    /// Where it listens.
    pub addresses: Vec<SocketAddr>,
    /// Where it shows metrics, Swagger UI and the document, if not there.
    pub operations: Vec<SocketAddr>,
    /// To be awaited.
    pub server: Server,
}

/// Listens as the settings say, until `stop` ends; then running requests may finish. The error
/// is one line.
pub fn bind(state: &State, stop: impl Future<Output = ()> + Send + 'static) -> Result<Bound, String> {
    let settings = &state.settings;
    let mut server = Server::build().shutdown_timeout(settings.shutdown_timeout.as_secs().max(1)).shutdown_signal(stop);
    if let Some(workers) = settings.workers {
        server = server.workers(usize::from(workers));
    }
    let refused = |listen: &Listen, variable: &str, error: std::io::Error| {
        format!("cannot listen on {listen}: {error}; set {variable}")
    };
    let mut operations = Vec::new();
    if let Some(at) = &settings.operations_listen {
        let bound = listen(server, state, at, true);
        (server, operations) = bound.map_err(|error| refused(at, "SMEP_OPERATIONS_LISTEN", error))?;
    }
    let bound = listen(server, state, &settings.listen, false);
    let (server, addresses) = bound.map_err(|error| refused(&settings.listen, "SMEP_LISTEN", error))?;
    Ok(Bound { addresses, operations, server: server.run() })
}

/// Adds what listens at every address of a name.
fn listen(
    mut server: ServerBuilder,
    state: &State,
    at: &Listen,
    for_operations: bool,
) -> std::io::Result<(ServerBuilder, Vec<SocketAddr>)> {
    let mut addresses = Vec::new();
    for address in at.as_str().to_socket_addrs()? {
        let listener = listener(address)?;
        addresses.push(listener.local_addr()?);
        let (state, ending) = (state.clone(), server.graceful_shutdown_signal());
        server = server.listen("smep", listener, move || connections(&state, &ending, for_operations))?;
    }
    Ok((server, addresses))
}

/// A socket that listens, also right after another process did on the same address.
fn listener(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// What takes connections and answers the requests on them.
fn connections(
    state: &State,
    ending: &GracefulShutdownSignal,
    for_operations: bool,
) -> impl ServiceFactory<TcpStream, Config = (), Response = (), Error = DispatchError, InitError = ()> + use<> {
    let (settings, ending) = (&state.settings, ending.clone());
    let https = settings.public_https();
    let base: Rc<str> = settings.public_base().into();
    let watch = connection::watch(settings.keep_alive + settings.header_timeout, settings.send_timeout);
    let app = app::app(state.clone()).into_factory().map_err(|error| error.error_response());
    let http = HttpService::build()
        .graceful_shutdown_signal(move || {
            let ending = ending.clone();
            async move { ending.notified().await }
        })
        .keep_alive(KeepAlive::Timeout(settings.keep_alive))
        .client_request_timeout(settings.header_timeout)
        .client_disconnect_timeout(LINGER)
        .on_connect_ext(move |stream: &Stream, extensions| {
            watch(stream.tcp(), extensions);
            if for_operations {
                extensions.insert(ForOperations);
            }
        })
        .finish(map_config(app, |()| AppConfig::default()));
    fn_service(move |tcp: TcpStream| {
        let stream = Stream::new(tcp, https, base.clone());
        let peer = stream.peer();
        std::future::ready(Ok((stream, actix_http::Protocol::Http1, peer)))
    })
    .and_then(http)
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;
    use crate::kernel::base::clock::Clock;
    use crate::kernel::database::db::testing::{migrated, settings};

    /// A server that cuts a quiet connection after about `limit` seconds.
    async fn start(folder: &tempfile::TempDir, limit: f64) -> SocketAddr {
        let limits = [format!("--keep-alive={limit}"), format!("--header-timeout={limit}")];
        let settings = settings(folder, &["--listen=127.0.0.1:0", "--workers=1", &limits[0], &limits[1]]);
        let db = migrated(&settings).await;
        let state = app::state(db, Clock::system(), settings).await.unwrap();
        let bound = bind(&state, std::future::pending()).unwrap();
        actix_web::rt::spawn(bound.server);
        bound.addresses[0]
    }

    /// What the server still says until it closes the connection, and how long that took.
    async fn rest(stream: &mut TcpStream) -> (String, Duration) {
        let start = Instant::now();
        let mut said = Vec::new();
        tokio::time::timeout(Duration::from_secs(15), stream.read_to_end(&mut said))
            .await
            .expect("the connection ends")
            .ok();
        (String::from_utf8_lossy(&said).into_owned(), start.elapsed())
    }

    async fn first_reply(stream: &mut TcpStream) -> String {
        let mut said = vec![0; 4096];
        let length = stream.read(&mut said).await.unwrap();
        String::from_utf8_lossy(&said[..length]).into_owned()
    }

    const LIVE: &[u8] = b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n";

    #[actix_web::test]
    async fn slow_headers_are_cut_on_the_first_request() {
        let folder = tempfile::tempdir().unwrap();
        let mut stream = TcpStream::connect(start(&folder, 0.5).await).await.unwrap();
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHo").await.unwrap();
        let (_, took) = rest(&mut stream).await;
        assert!(took < Duration::from_secs(3), "{took:?}");
    }

    #[actix_web::test]
    async fn slow_headers_are_cut_on_the_second_request() {
        let folder = tempfile::tempdir().unwrap();
        let mut stream = TcpStream::connect(start(&folder, 0.5).await).await.unwrap();
        stream.write_all(LIVE).await.unwrap();
        assert!(first_reply(&mut stream).await.starts_with("HTTP/1.1 200"));
        stream.write_all(b"GET /health/live HTTP/1.1\r\nHo").await.unwrap();
        let (_, took) = rest(&mut stream).await;
        assert!(took < Duration::from_secs(3), "{took:?}");
    }

    #[actix_web::test]
    async fn a_refusal_does_not_wait_for_a_slow_body() {
        let folder = tempfile::tempdir().unwrap();
        let address = start(&folder, 2.0).await;
        for length in ["Content-Length: 1000", "Transfer-Encoding: chunked"] {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!("POST /nowhere HTTP/1.1\r\nHost: a\r\n{length}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            let start = Instant::now();
            assert!(first_reply(&mut stream).await.starts_with("HTTP/1.1 404"), "{length}");
            assert!(start.elapsed() < Duration::from_millis(1900), "{length}");
            let (_, took) = rest(&mut stream).await;
            assert!(took < Duration::from_secs(10), "{length}: {took:?}");
        }
    }

    #[actix_web::test]
    async fn head_is_get_without_a_body() {
        let folder = tempfile::tempdir().unwrap();
        let mut stream = TcpStream::connect(start(&folder, 8.0).await).await.unwrap();
        let head = b"HEAD /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        stream.write_all(head).await.unwrap();
        let (said, _) = rest(&mut stream).await;
        assert!(said.starts_with("HTTP/1.1 200"), "{said}");
        assert!(said.contains("content-length: ") && said.ends_with("\r\n\r\n"), "{said}");
    }
}
