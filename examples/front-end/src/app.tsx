// The frame of every screen: who is signed in, where to go, and the screen that belongs to the address.
import { useEffect, useState } from "preact/hooks";

import { client } from "./api/client";
import { problemOf, read, type Problem } from "./api/problem";
import { resume, signOut, whenSessionEnds } from "./api/session";
import { isSchool, may, type Me, MeContext, ownSchool } from "./me";
import { go, usePlace } from "./router";
import { screenOf } from "./screens";
import { NewPassword } from "./screens/new-password";
import { SignIn, SignInAgain } from "./screens/sign-in";
import { Page } from "./ui/page";
import { ProblemNotice } from "./ui/problem";
import { label } from "./ui/words";

type State = "starting" | "out" | "ended" | "in";

export function App() {
  const place = usePlace();
  const [state, setState] = useState<State>("starting");
  const [me, setMe] = useState<Me>();
  const [problem, setProblem] = useState<Problem>();

  async function enter(): Promise<void> {
    setProblem(undefined);
    try {
      setMe(await read(client.GET("/api/v1/me")));
      setState("in");
    } catch (thrown) {
      setProblem(problemOf(thrown));
    }
  }
  useEffect(() => {
    whenSessionEnds(() => setState("ended"));
    void resume().then((signedIn) => (signedIn ? enter() : setState("out")));
  }, []);
  const leave = async () => {
    await signOut();
    // Whatever the page holds of the person goes with it.
    go("/", { replace: true });
    location.reload();
  };

  if (problem) return <ProblemNotice problem={problem} retry={() => void enter()} />;
  if (state === "out" || (state === "ended" && !me)) return <SignIn done={() => void enter()} />;
  if (!me)
    return (
      <p class="quiet centre" role="status">
        Loading…
      </p>
    );
  if (me.user?.must_change_password) return <NewPassword done={() => void enter()} />;
  if (!may(me, "schools:read")) return <NotForYou leave={leave} />;
  const home = ownSchool(me) ? `/schools/${ownSchool(me)}` : may(me, "plans:read") ? "/plan" : "/schools";
  const path = place.path === "/" ? home : place.path;
  const { key, screen } = screenOf(path, place.query);
  return (
    <MeContext.Provider value={me}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          document.querySelector<HTMLElement>("main h1")?.focus();
        }}
      >
        Skip to the content
      </a>
      <Header me={me} path={path} leave={leave} />
      <div key={key}>{screen}</div>
      {state === "ended" && <SignInAgain email={me.user?.email ?? ""} done={() => setState("in")} />}
    </MeContext.Provider>
  );
}

function NotForYou({ leave }: { leave: () => void }) {
  return (
    <Page title="This page is for hubs and their schools">
      <p>What your role does is not part of it.</p>
      <p class="buttons">
        <button type="button" onClick={leave}>
          Sign out
        </button>
      </p>
    </Page>
  );
}

function Header({ me, path, leave }: { me: Me; path: string; leave: () => void }) {
  const school = ownSchool(me);
  const links: [string, string][] = [
    ...(school ? [[`/schools/${school}`, "My school"] as [string, string]] : []),
    ["/plan", "The plan"],
    ...(!school && may(me, "schools:read")
      ? [["/schools", isSchool(me) ? "My schools" : "Schools"] as [string, string]]
      : []),
  ];
  return (
    <header class="top">
      <p class="brand">{me.hub.name}</p>
      <nav aria-label="Main">
        {links.map(([to, text]) => (
          <a key={to} href={`#${to}`} aria-current={path.startsWith(to) ? (path === to ? "page" : "true") : undefined}>
            {text}
          </a>
        ))}
      </nav>
      <p class="who">
        {me.user?.name}
        <span class="role">{label(me.role ?? "client")}</span>
      </p>
      <button type="button" class="plain" onClick={leave}>
        Sign out
      </button>
    </header>
  );
}
