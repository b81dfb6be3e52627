/** Time of the wall clock, and of this thread on a processor: what the machine's other work does not change. Milliseconds. */
export function stopwatch() {
  const wall = performance.now();
  const { user, system } = process.threadCpuUsage();
  return () => {
    const now = process.threadCpuUsage();
    return { ms: performance.now() - wall, cpuMs: (now.user + now.system - user - system) / 1000 };
  };
}
