/** The kinds of sources, one line each: what fusion must know about a kind, and the room that brings its readings. */
import { foreignTraits, frameTraits } from "./core/fuse/traits.ts";
import { ecoflowKind } from "./services/ecoflow.ts";
import type { SourceKinds } from "./services/source.ts";

/** By the `kind` of the configuration. `mqtt` and `mqtt-raw` need no room, because the mirror brings their messages. */
export const sourceKinds: SourceKinds = {
  "ecoflow-open": ecoflowKind,
  "ecoflow-app": ecoflowKind,
  mqtt: { traits: foreignTraits },
  "mqtt-raw": { traits: frameTraits },
};
