//! Reports by their names, so that one can be made and kept as it is.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, HeaderName};
use futures_util::future::LocalBoxFuture;
use utoipa::IntoParams;
use uuid::Uuid;

use super::form::{Asked, ReportFormat};
use super::{ReportSource, run};
use crate::kernel::base::nearest::nearest;
use crate::kernel::base::problem::{Code, Fault, Problem, Result};
use crate::kernel::base::reply::Reply;
use crate::kernel::caller::permission::Scope;
use crate::kernel::caller::state::State;
use crate::kernel::caller::tenancy::Caller;
use crate::kernel::document::openapi::query::Parameters;

/// A report that is made by its name. Each part registers its own.
#[derive(Clone, Copy)]
pub struct NamedReport {
    /// Its name, as in `/reports/{name}`.
    pub name: &'static str,
    /// The scope by which it is read.
    pub scope: Scope,
    /// What it is about, such as `plan`; none for a report over the hub.
    pub about: Option<&'static str>,
    /// The forms in which it is made.
    pub formats: &'static [&'static str],
    /// Makes it.
    pub make: fn(Caller, WantedReport) -> LocalBoxFuture<'static, Result<Reply>>,
}

/// How a report is wanted.
#[derive(Clone, Debug, Default)]
pub struct WantedReport {
    /// What it is about.
    pub item: Option<Uuid>,
    /// The parameters, as a query string.
    pub query: String,
    /// The form.
    pub format: String,
}

impl NamedReport {
    /// The report at `/reports/{name}`.
    #[must_use]
    pub const fn of<R: ReportSource>(scope: Scope) -> Self {
        Self {
            name: R::NAME,
            scope,
            about: None,
            formats: &["json", "csv", "xlsx"],
            make: |caller, wanted| {
                Box::pin(async move {
                    let format = wanted.format(ReportFormat::ALL, ReportFormat::as_str)?;
                    let asked = Asked::<R>::read(&caller, &wanted.query, format)?;
                    run::<R>(&caller, asked).await
                })
            },
        }
    }

    /// A report about an item.
    #[must_use]
    pub const fn about(
        name: &'static str,
        scope: Scope,
        about: &'static str,
        formats: &'static [&'static str],
        make: fn(Caller, WantedReport) -> LocalBoxFuture<'static, Result<Reply>>,
    ) -> Self {
        Self { name, scope, about: Some(about), formats, make }
    }

    /// The report of a name.
    ///
    /// # Errors
    /// The fault of a name that no report has, with the nearest names.
    pub fn named(state: &State, pointer: &str, name: &str) -> Result<Self, Fault> {
        let known = state.registered::<Vec<Self>>();
        known.iter().find(|report| report.name == name).copied().ok_or_else(|| {
            let names = known.iter().map(|report| report.name);
            let near = nearest(name, names.clone()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
            let all = names.collect::<Vec<_>>().join(", ");
            Fault::new(pointer, "unknown_value", format!("no report is called `{name}`{near} There are: {all}"))
        })
    }
}

impl WantedReport {
    /// The parameters of an operation, read from the query.
    ///
    /// # Errors
    /// 400 for a parameter that the operation does not have, or a value that does not fit.
    pub fn parameters<Q: Parameters + IntoParams>(&self, caller: &Caller) -> Result<Q> {
        Q::of(&caller.state().document.query::<Q>()?.read(&self.query)?)
    }

    /// What it is about.
    ///
    /// # Errors
    /// 404 when nothing is named.
    pub fn item(&self) -> Result<Uuid> {
        self.item.ok_or_else(Problem::not_found)
    }

    /// The form, out of the ones that the report has.
    ///
    /// # Errors
    /// 400 for another one.
    pub fn format<F: Copy>(&self, all: &[F], name: impl Fn(F) -> &'static str) -> Result<F> {
        all.iter()
            .copied()
            .find(|format| name(*format) == self.format)
            .ok_or_else(|| Problem::new(Code::BadParameter, format!("the report is not made as {}", self.format)))
    }
}

/// What is kept of a reply: its content with what a browser needs to show it.
#[derive(Clone, Debug)]
pub struct KeptReply {
    /// The content.
    pub content: Vec<u8>,
    /// Its type.
    pub content_type: &'static str,
    /// The policy under which a page is shown.
    pub content_policy: Option<String>,
    /// The name of the file.
    pub file_name: Option<String>,
}

impl KeptReply {
    /// What is kept of a reply.
    ///
    /// # Errors
    /// 500 for a reply without a content.
    pub fn of(reply: Reply) -> Result<Self> {
        let header =
            |wanted: HeaderName| reply.headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.clone());
        let content_policy = header(CONTENT_SECURITY_POLICY);
        let file_name = header(CONTENT_DISPOSITION);
        let file_name = file_name.and_then(|value| Some(value.split('"').nth(1)?.to_owned()));
        let (content_type, content) = reply.body.ok_or_else(|| Problem::internal("a report without a content"))?;
        Ok(Self { content, content_type, content_policy, file_name })
    }
}

/// Makes a report for a caller, under the scope by which it is read. It is for readers who may see less than the
/// caller, so that small counts are withheld.
///
/// # Errors
/// 403 without that scope; 422 for parameters that the report does not have, and for an item that is not there for the
/// caller; every error of the report.
pub async fn make(caller: &Caller, report: NamedReport, wanted: WantedReport) -> Result<KeptReply> {
    let reader = caller.under(report.scope).ok_or_else(|| {
        Problem::forbidden(format!("the report `{}` needs the scope `{}`", report.name, report.scope))
    })?;
    let reader = reader.publishing();
    match (report.make)(reader, wanted).await {
        Ok(reply) => KeptReply::of(reply),
        // What is a parameter there is a part of the body here.
        Err(problem) if problem.code() == Code::BadParameter => Err(in_body(&problem)),
        Err(problem) if problem.code() == Code::NotFound => {
            let about = report.about.unwrap_or("item");
            let message = format!("there is no such {about} that you can refer to");
            Err(Problem::invalid("/item_id", "unknown_reference", message))
        }
        Err(problem) => Err(problem),
    }
}

fn in_body(problem: &Problem) -> Problem {
    let faults = problem.errors().iter().map(|fault| Fault {
        pointer: "/query".to_owned(),
        message: format!("{}: {}", fault.pointer.trim_start_matches('?'), fault.message),
        ..fault.clone()
    });
    let faults: Vec<Fault> = faults.collect();
    if faults.is_empty() { Problem::invalid("/query", "invalid", problem.detail()) } else { Problem::faults(faults) }
}
