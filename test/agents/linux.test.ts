/** The Linux agent under the conformance suite. */
import { it } from "vitest";
import { conformance } from "./conformance.ts";
import { linux } from "./platforms.ts";

if (process.platform === "linux") conformance("Linux", () => linux);
else it.skip("the Linux agent: this is no Linux", () => undefined);
