/**
 * Serves the page: files of keeper/page, uPlot from its package, and those parts of keeper/core that the browser computes with. They are
 * the very files that the keeper runs, with their types blanked out by Node; nothing is built or copied.
 *
 * Everything is read once, at the start. What a TypeScript file imports is served, and nothing else of the keeper.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Hono } from "hono";
import { stripTypes } from "./stripTypes.ts";

/** No other origin, no inline script or style, no frame around it. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const TYPES = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  js: "text/javascript; charset=utf-8",
} as const;

type Asset = { readonly type: string; readonly raw: Buffer; readonly zipped: Buffer; readonly tag: string };

export function servePage(app: Pick<Hono, "get">): void {
  for (const [path, asset] of collectAssets()) {
    app.get(path, (c) => {
      c.header("Content-Security-Policy", POLICY);
      c.header("X-Content-Type-Options", "nosniff");
      c.header("Referrer-Policy", "no-referrer");
      c.header("Cross-Origin-Opener-Policy", "same-origin");
      c.header("Cache-Control", "no-cache");
      c.header("ETag", asset.tag);
      c.header("Vary", "Accept-Encoding");
      if (c.req.header("If-None-Match") === asset.tag) return c.body(null, 304);
      c.header("Content-Type", asset.type);
      const zips = /\bgzip\b/.test(c.req.header("Accept-Encoding") ?? "");
      if (zips) c.header("Content-Encoding", "gzip");
      return c.body(new Uint8Array(zips ? asset.zipped : asset.raw), 200);
    });
  }
}

/** All files of the page by their address. */
export function collectAssets(): ReadonlyMap<string, Asset> {
  const assets = new Map<string, Asset>();
  const add = (path: string, type: string, raw: Buffer) => assets.set(path, toAsset(type, raw));
  const page = join(ROOT, "page");
  add("/", TYPES.html, readFileSync(join(page, "index.html")));
  add("/page/page.css", TYPES.css, readFileSync(join(page, "page.css")));
  add("/favicon.svg", TYPES.svg, readFileSync(join(page, "favicon.svg")));
  const plot = dirname(createRequire(import.meta.url).resolve("uplot/package.json"));
  add("/vendor/uPlot.js", TYPES.js, readFileSync(join(plot, "dist/uPlot.iife.min.js")));
  add("/vendor/uPlot.css", TYPES.css, readFileSync(join(plot, "dist/uPlot.min.css")));

  const waiting = [join(page, "main.ts")];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    const path = `/${relative(ROOT, file).split(sep).join("/")}`;
    if (assets.has(path)) continue;
    const source = stripTypes(readFileSync(file, "utf8"));
    add(path, TYPES.js, Buffer.from(source));
    for (const [, target = ""] of source.matchAll(/^(?:import|export)\b[^"]*"(\.[^"]+)"/gm)) {
      waiting.push(join(dirname(file), target));
    }
  }
  return assets;
}

function toAsset(type: string, raw: Buffer): Asset {
  const tag = `"${createHash("sha256").update(raw).digest("base64url").slice(0, 22)}"`;
  return { type, raw, zipped: gzipSync(raw, { level: 9 }), tag };
}
