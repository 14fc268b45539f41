/** The Linux agent under the conformance suite. */
import { conformance } from "./conformance.ts";
import { linux } from "./platforms.ts";

conformance("Linux", () => linux);
