import { defineConfig, loadEnv, type Plugin } from "vite";

// What the built page may load and whom it may call. A stolen token is of use only to a script that runs in the page,
// so none but our own runs there. While developing, Vite needs scripts of its own.
function contentSecurityPolicy(service: string): Plugin {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob: data:",
    `connect-src 'self' ${service}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return {
    name: "content-security-policy",
    apply: "build",
    transformIndexHtml: () => [
      { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content: policy }, injectTo: "head-prepend" },
    ],
  };
}

export default defineConfig(({ mode }) => {
  const { VITE_SMEP = "" } = loadEnv(mode, import.meta.dirname);
  return {
    // Paths in the built page are relative, so that it can lie in any folder of a web server.
    base: "./",
    plugins: [contentSecurityPolicy(VITE_SMEP)],
    esbuild: { jsx: "automatic", jsxImportSource: "preact" },
    server: { port: 5173 },
    preview: { port: 5173 },
  };
});
