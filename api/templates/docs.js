// Starts Swagger UI with what it lacks for this service: a bar to choose a part, a sign-in with
// e-mail and password, and tokens that renew themselves and say so when they cannot.
"use strict";

const root = document.getElementById("swagger-ui");
const documents = JSON.parse(root.dataset.documents);

/** The document that the address asks for: by its name, or as that of an operation's tag. */
function chosen() {
  const named = new URLSearchParams(location.search).get("urls.primaryName");
  const tag = decodeURIComponent(location.hash.split("/")[1] ?? "");
  const find = (name) => documents.find((one) => one.name === name);
  return find(named) ?? find(tag) ?? documents[0];
}

// ---- Tokens -------------------------------------------------------------------------------

/** Renewed this many milliseconds before the end, so that a request has time to arrive. */
const MARGIN = 5_000;

/** The scheme of the document under which people and systems sign in. */
const SCHEME = "token";

/** What Swagger UI keeps in the browser, as another tab may have left it. */
function stored() {
  try {
    return JSON.parse(localStorage.getItem("authorized"))?.[SCHEME];
  } catch {
    return undefined;
  }
}

/** Why nobody is signed in any more; shown in the bar. */
let notice = "";
let redraw = () => {};
let lapse;

function tell(text) {
  notice = text;
  redraw();
}

/** Keeps a token with the moment of its end by this browser's clock. */
function keep(system, auth, token) {
  notice = "";
  const ends = Date.now() + token.expires_in * 1000;
  system.authActions.authorizeOauth2WithPersistOption({ auth, token: { ...token, ends } });
}

function signOut(system, text) {
  system.authActions.logoutWithPersistOption([SCHEME]);
  tell(text);
}

/** Asks for a token; fails with the words of the service. */
async function ask(address, fields) {
  const reply = await fetch(address, { method: "POST", body: new URLSearchParams(fields) });
  const body = await reply.json().catch(() => ({}));
  if (!reply.ok) throw new Error(body.detail ?? `The service answered ${reply.status}.`);
  return body;
}

/** One at a time over all tabs, since a refresh token is good for one use. */
function alone(work) {
  return navigator.locks ? navigator.locks.request("smep-refresh", work) : work();
}

/** The token to send now; none if it has ended and cannot be renewed. */
async function current(system) {
  const kept = () => system.authSelectors.authorized().get(SCHEME)?.toJS();
  const good = (auth) => auth?.token?.ends - MARGIN > Date.now();
  const auth = kept();
  if (!auth?.token?.ends || good(auth)) return auth?.token?.access_token;
  return alone(async () => {
    const other = stored();
    if (good(other)) {
      system.authActions.authorizeOauth2({ auth: { ...kept(), ...other }, token: other.token });
      return other.token.access_token;
    }
    const refresh = (other ?? auth).token.refresh_token;
    try {
      const fields = { grant_type: "refresh_token", refresh_token: refresh ?? "" };
      const token = await ask(auth.schema.tokenUrl, fields);
      keep(system, auth, token);
      return token.access_token;
    } catch {
      signOut(system, "Your ten minutes are over and the token cannot be renewed: the request was sent without one.");
      return undefined;
    }
  });
}

/** Tells when a token that cannot be renewed comes to its end, without waiting for a request. */
function watch(system) {
  clearTimeout(lapse);
  const token = system.authSelectors.authorized().getIn([SCHEME, "token"])?.toJS();
  if (!token) return;
  if (!token.ends) {
    // Signed in by Swagger UI's own form: note when.
    keep(system, system.authSelectors.authorized().get(SCHEME).toJS(), token);
  } else if (!token.refresh_token) {
    const over = () => signOut(system, "The ten minutes of this token are over. Authorize again.");
    lapse = setTimeout(over, Math.max(0, token.ends - Date.now()));
  }
}

// ---- References ---------------------------------------------------------------------------

/**
 * A part of the document with what it refers to in place. The document refers only to itself, so
 * that this needs nothing else; Swagger UI's own way reads the whole document for each operation.
 */
async function resolveSubtree(document, path, { baseDoc }) {
  const step = (at, key) => at?.[key];
  const plain = (key) => key.replace(/~1/g, "/").replace(/~0/g, "~");
  const follow = (value, within) => {
    if (Array.isArray(value)) return value.map((one) => follow(one, within));
    if (value === null || typeof value !== "object") return value;
    const { $ref, ...own } = value;
    const beside = Object.fromEntries(Object.entries(own).map(([key, one]) => [key, follow(one, within)]));
    if (typeof $ref !== "string") return beside;
    // A schema within itself stays a reference.
    if (within.includes($ref)) return value;
    const target = $ref.slice(2).split("/").map(plain).reduce(step, document);
    return { ...follow(target, [...within, $ref]), ...beside, $$ref: `${baseDoc}${$ref}` };
  };
  return { spec: follow(path.reduce(step, document), []), errors: [] };
}

// ---- Parts of the page --------------------------------------------------------------------

function plugin({ React }) {
  const h = React.createElement;

  /** The bar: the parts, and who is signed in. */
  class Bar extends React.Component {
    constructor(props) {
      super(props);
      this.state = { shown: chosen() };
      redraw = () => this.forceUpdate();
      addEventListener("popstate", () => this.show(chosen()));
    }

    componentDidMount() {
      this.show(this.state.shown);
    }

    show(one) {
      this.setState({ shown: one });
      if (one.url === this.props.specSelectors.url()) return;
      this.props.specActions.updateUrl(one.url);
      this.props.specActions.download(one.url);
    }

    link(one) {
      const address = `?urls.primaryName=${encodeURIComponent(one.name)}`;
      const open = (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        history.pushState(null, "", address);
        this.show(one);
      };
      const shown = one === this.state.shown ? "page" : undefined;
      const more = { key: one.name, href: address, title: one.about, onClick: open, "aria-current": shown };
      return h("a", more, one.name);
    }

    render() {
      const { authSelectors, authActions } = this.props;
      const auth = authSelectors.authorized().get(SCHEME);
      const dialog = () => authActions.showDefinitions(authSelectors.definitionsToAuthorize());
      const who = auth && (auth.get("username") || auth.get("clientId") || "a partner system");
      return h("header", { className: "smep-bar" },
        h("div", { className: "smep-wide" },
          h("a", { className: "smep-name", href: "/" }, "smep"),
          h("nav", { "aria-label": "Parts" }, documents.map((one) => this.link(one))),
          h("button", { type: "button", className: "smep-who", onClick: dialog },
            who ? `Signed in as ${who}` : "Sign in")),
        h("div", { role: "status" }, notice && h("div", { className: "smep-notice" },
          h("span", null, notice), h("button", { type: "button", onClick: dialog }, "Sign in"))));
    }
  }

  const Layout = ({ getComponent }) =>
    h("div", null, h(getComponent("SmepBar", true)), h(getComponent("BaseLayout", true)));

  /** The password flow as people know it. */
  class SignIn extends React.Component {
    constructor(props) {
      super(props);
      this.state = { busy: false, error: "" };
      this.submit = this.submit.bind(this);
    }

    async submit(event) {
      event.preventDefault();
      const { name, schema, authActions, getSystem } = this.props;
      const entered = new FormData(event.target);
      const fields = { grant_type: "password", username: entered.get("username"), password: entered.get("password") };
      if (entered.get("hub")) fields.hub = entered.get("hub");
      this.setState({ busy: true, error: "" });
      try {
        const token = await ask(schema.get("tokenUrl"), fields);
        keep(getSystem(), { name, schema: schema.toJS(), username: fields.username, scopes: [] }, token);
        authActions.showDefinitions(false);
      } catch (error) {
        this.setState({ busy: false, error: error.message });
      }
    }

    /** A refresh token of nobody is of no use to anybody. */
    async leave() {
      const { schema, authSelectors, getSystem } = this.props;
      const token = authSelectors.authorized().getIn([SCHEME, "token", "refresh_token"]);
      const revoke = new URL("revoke", new URL(schema.get("tokenUrl"), location.href));
      if (token) await fetch(revoke, { method: "POST", body: new URLSearchParams({ token }) }).catch(() => {});
      signOut(getSystem(), "");
    }

    field(label, name, more) {
      return h("label", { className: "smep-field" }, h("span", null, label), h("input", { name, ...more }));
    }

    render() {
      const close = () => this.props.authActions.showDefinitions(false);
      const auth = this.props.authSelectors.authorized().get(SCHEME);
      const done = h("button", { type: "button", className: "btn modal-btn auth btn-done", onClick: close }, "Close");
      if (auth) {
        const out = { type: "button", className: "btn modal-btn auth", onClick: () => this.leave() };
        return h("div", null, h("h4", null, `Signed in as ${auth.get("username") || "a partner system"}`),
          h("p", null, "The token is renewed by itself every ten minutes while you work."),
          h("div", { className: "auth-btn-wrapper" }, h("button", out, "Sign out"), done));
      }
      return h("form", { className: "smep-sign-in", onSubmit: this.submit },
        h("h4", null, "People: e-mail and password"),
        this.field("E-mail", "username", { type: "email", required: true, autoComplete: "username", autoFocus: true }),
        this.field("Password", "password", { type: "password", required: true, autoComplete: "current-password" }),
        this.field("Hub, if you work for several", "hub", { type: "text", placeholder: "demo", autoComplete: "off" }),
        h("p", { role: "alert", className: "smep-error" }, this.state.error),
        h("div", { className: "auth-btn-wrapper" },
          h("button", { className: "btn modal-btn auth authorize", disabled: this.state.busy }, "Sign in"), done));
    }
  }

  const oauth2 = (Original, system) => function OAuth2(props) {
    const people = props.schema.get("flow") === "password";
    return people ? h(SignIn, { ...props, getSystem: () => system.getSystem() }) : h(Original, props);
  };

  /** People first; the other ways are for those who look for them. */
  const auths = (Original) => function Auths(props) {
    const schema = props.definitions.first();
    if (schema.get("flow") === "password") return h(Original, props);
    const title = schema.get("type") === "oauth2" ? "Partner systems: client id and secret" : "A token at hand";
    return h("details", { className: "smep-other" }, h("summary", null, title), h(Original, props));
  };

  const Filter = ({ layoutActions }) => h("div", { className: "wrapper" }, h("input", {
    type: "search", className: "operation-filter-input", placeholder: "Filter by address or summary",
    "aria-label": "Filter by address or summary", onChange: (event) => layoutActions.updateFilter(event.target.value),
  }));

  /** Finds operations by their address, summary or name: a part has one tag. */
  const opsFilter = (tagged, phrase) => {
    const wanted = phrase.toLowerCase();
    const has = (operation) => [operation.get("path"), operation.getIn(["operation", "summary"]),
      operation.getIn(["operation", "operationId"])].some((text) => text?.toLowerCase().includes(wanted));
    const within = tagged.map((tag, name) => name.toLowerCase().includes(wanted) ? tag
      : tag.update("operations", (operations) => operations.filter(has)));
    return within.filter((tag) => tag.get("operations").size > 0);
  };

  /** A part shows its operations; of all parts together each opens when it is asked for. */
  const updateJsonSpec = (original, system) => (spec) => {
    original(spec);
    if (spec?.tags?.length === 1) system.layoutActions.show(["operations-tag", spec.tags[0].name], true);
  };

  const watched = (original, system) => (...given) => {
    const result = original(...given);
    watch(system);
    redraw();
    return result;
  };

  return {
    components: { SmepBar: Bar, SmepLayout: Layout, FilterContainer: Filter },
    wrapComponents: { auths, oauth2 },
    fn: { opsFilter, resolveSubtree },
    statePlugins: {
      spec: { wrapActions: { updateJsonSpec } },
      auth: { wrapActions: { authorizeOauth2: watched, restoreAuthorization: watched, logout: watched } },
    },
  };
}

// ---- Start --------------------------------------------------------------------------------

const ui = SwaggerUIBundle({
  domNode: root,
  urls: documents,
  layout: "SmepLayout",
  plugins: [SwaggerUIBundle.plugins.DownloadUrl, plugin],
  persistAuthorization: true,
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  filter: true,
  docExpansion: "none",
  defaultModelsExpandDepth: 0,
  validatorUrl: "none",
  async requestInterceptor(request) {
    const own = ui.getSystem().authSelectors.authorized().getIn([SCHEME, "token", "access_token"]);
    if (own && request.headers?.Authorization === `Bearer ${own}`) {
      const token = await current(ui.getSystem());
      if (token) request.headers.Authorization = `Bearer ${token}`;
      else delete request.headers.Authorization;
    }
    return request;
  },
  responseInterceptor(response) {
    const signedIn = ui.getSystem().authSelectors.authorized().has(SCHEME);
    if (response.status === 401 && signedIn && !response.url.includes("/auth/")) {
      signOut(ui.getSystem(), "The service no longer takes your token. Sign in again.");
    }
    return response;
  },
});
