/** `npm run bench`: each figure is a ratio to a partner that runs in the same process run, alternating with it. */
import { benchCloud } from "./cloud.ts";
import { benchDecode } from "./decode.ts";
import type { Figure } from "./figure.ts";
import { benchLoad } from "./load.ts";
import { benchPolicy } from "./policy.ts";
import { benchServer } from "./server.ts";
import { benchWire } from "./wire.ts";

const benches: readonly (() => Promise<Figure[]>)[] = [
  benchDecode,
  benchPolicy,
  benchWire,
  benchLoad,
  benchServer,
  benchCloud,
];

let failed = 0;
for (const bench of benches) {
  for (const figure of await bench()) {
    const holds = figure.better === "lower" ? figure.ratio <= figure.hold : figure.ratio >= figure.hold;
    if (!holds) failed += 1;
    const sign = figure.better === "lower" ? "<=" : ">=";
    const verdict = holds ? "holds" : "DOES NOT HOLD";
    console.log(`${figure.name}: ${figure.ratio.toFixed(2)}x (to hold: ${sign} ${figure.hold}x, ${verdict})`);
    console.log(`    ours ${figure.ours}, partner ${figure.partner}`);
  }
}
console.log(failed === 0 ? "All figures hold." : `${failed} figures do not hold.`);
process.exitCode = failed === 0 ? 0 : 1;
