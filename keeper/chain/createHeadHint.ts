/**
 * A WebSocket that says when to look: something may have happened. It is never believed, and nothing depends on it. The truth is what HTTP
 * answers, which is asked at least every POLL_MS whether the socket lies, stalls, or is not there.
 */
import { sleep } from "../exec/sleep.ts";

export type HeadHint = {
  /** Resolves after `ms`, at the next message, or when the signal is given. */
  readonly wait: (ms: number) => Promise<void>;
  readonly isOpen: () => boolean;
  readonly hints: () => number;
};

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;
/** A socket that floods us makes us look this often at most. */
const MIN_PAUSE_MS = 20;

export function createHeadHint(url: string | undefined, signal: AbortSignal): HeadHint {
  let wake: AbortController | undefined;
  let pending = false;
  let hints = 0;
  let open = false;
  if (url !== undefined && !signal.aborted) void keepOpen(url);

  async function keepOpen(address: string): Promise<void> {
    for (let failures = 0; !signal.aborted; ) {
      if (await listen(address)) failures = 0;
      await sleep(Math.min(FIRST_RETRY_MS * 2 ** failures++, MAX_RETRY_MS), signal);
    }
  }

  /** Until the socket is closed. Returns whether it ever was open. */
  function listen(address: string): Promise<boolean> {
    return new Promise((resolve) => {
      let wasOpen = false;
      const socket = new WebSocket(address);
      const close = () => socket.close();
      signal.addEventListener("abort", close, { once: true });
      socket.onopen = () => {
        [open, wasOpen] = [true, true];
        socket.send(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_subscribe", params: ["newHeads"] }));
      };
      // whatever it says: the message is the hint
      socket.onmessage = () => {
        hints++;
        pending = true;
        wake?.abort();
      };
      socket.onclose = () => {
        open = false;
        signal.removeEventListener("abort", close);
        resolve(wasOpen);
      };
      // a close follows
      socket.onerror = () => undefined;
    });
  }

  async function wait(ms: number): Promise<void> {
    await sleep(Math.min(ms, MIN_PAUSE_MS), signal);
    if (!pending && ms > MIN_PAUSE_MS) {
      wake = new AbortController();
      await sleep(ms - MIN_PAUSE_MS, AbortSignal.any([wake.signal, signal]));
      wake = undefined;
    }
    pending = false;
  }

  return { wait, isOpen: () => open, hints: () => hints };
}
