/** Loaded into the server by the load bench: at SIGUSR2 it prints the event loop's delay since the last signal, and resets. */
import { monitorEventLoopDelay } from "node:perf_hooks";

const resolution = 5;
const histogram = monitorEventLoopDelay({ resolution });
histogram.enable();
process.on("SIGUSR2", () => {
  // The histogram contains the whole interval of its timer; the rest is the delay.
  const milliseconds = Math.max(0, histogram.percentile(99) / 1e6 - resolution);
  process.stderr.write(`event loop delay p99 ${milliseconds.toFixed(1)} ms\n`);
  histogram.reset();
});
