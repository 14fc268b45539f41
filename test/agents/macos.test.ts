/** The macOS agent under the conformance suite. */
import { conformance } from "./conformance.ts";
import { macos } from "./platforms.ts";

conformance("macOS", macos);
