/** A station on the screen of `status`: what the server's last reading says, and how old it is. */
import { z } from "zod";
import { readingSchema } from "../../contract/messages/station.ts";
import { topicFor } from "../../contract/topics.ts";
import { type Settings, settingsOf } from "../check-stations.ts";
import { type Scene, toldOn } from "./scene.ts";

export interface StationRow {
  id: string;
  /** Percent; null when it is not known. */
  soc: number | null;
  grid: "present" | "lost" | "unknown";
  /** The kind of evidence behind `grid`; null where another program publishes the reading. */
  basis: string | null;
  /** Seconds since the reading was received; null when its time is not known. */
  ageSec: number | null;
  /** Who publishes it: this server, another program, or nobody. */
  by: "server" | "other" | "nobody";
  /** Watts at its output; null when not reported. */
  watts: number | null;
  /** What the threshold and the projection need of the reading. */
  settings: Settings;
  missing: string[];
}

const shown = readingSchema
  .pick({ soc: true, grid: true, grid_basis: true, received_at: true, quality: true, origin: true })
  .partial()
  .extend({ grid_connected: z.boolean().nullable().optional() });

/** Makes the row of a configured station. */
export function stationRow(scene: Scene, id: string): StationRow {
  const { heard, serverNow, server, now } = scene;
  const told = toldOn(heard, topicFor(heard.topics.state, { station: id }), shown);
  const blank = { id, soc: null, grid: "unknown", basis: null, ageSec: null, watts: null } as const;
  if (told === null) return { ...blank, by: "nobody", settings: {}, missing: [] };
  const { soc = null, grid_connected, origin } = told.payload;
  const settings = settingsOf(heard.told.get(topicFor(heard.topics.state, { station: id }))?.payload) ?? {};
  const watts = settings.ac_out_watts ?? settings.out_watts ?? null;
  if (origin === undefined) {
    const grid = grid_connected == null ? "unknown" : grid_connected ? "present" : "lost";
    const ageSec = told.retained ? null : (now - told.heardAt) / 1_000;
    return { id, soc, grid, basis: null, ageSec, by: "other", watts, settings, missing: [] };
  }
  const { grid = "unknown", grid_basis: basis = null, received_at = null, quality } = told.payload;
  const ageSec = received_at === null ? null : Math.max(0, (serverNow - received_at) / 1_000);
  const isOurs = server === null || origin.endsWith(`/${server.instance}`);
  const missing = isOurs
    ? missingOf(id, soc, grid, quality)
    : [`${id} was not heard since the server's start: check its source.`];
  return { id, soc, grid, basis, ageSec, by: "server", watts, settings, missing };
}

function missingOf(id: string, soc: number | null, grid: string, quality: string | undefined): string[] {
  if (quality === "held") return [`${id} is silent: the values are its last ones; check its source.`];
  return [
    ...(soc === null ? [`${id} does not report its charge: no charge threshold is ever met.`] : []),
    ...(grid === "unknown"
      ? [
          `${id} does not tell whether it has mains: an outage would not be seen; docs/stations.md says how each model shows it.`,
        ]
      : []),
  ];
}
