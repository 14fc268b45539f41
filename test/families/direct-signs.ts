/** The stories of the families with a direct sign of the mains, which is independent of power flow (docs/protocol.md). */

import type { Fields } from "../../src/sim/encode.ts";
import { encodeJson, encodeMessageFrame } from "../../src/sim/encode-json.ts";
import { type FamilyStories, onBattery, present, type Story, unknown } from "./story.ts";

/** A moment of the station; `plug` null leaves the sign out, as firmware without it does. */
interface Moment {
  plug: boolean | null;
  acIn: number;
  out: number;
  solar: number;
}

type Say = (moment: Moment) => Uint8Array[];

const on: Moment = { plug: true, acIn: 0, out: 0, solar: 0 };
const off: Moment = { ...on, plug: false };

/** `sunCarries`: whether the family reports its solar input; `seenFirst`: whether its loss needs earlier mains that carried the load. */
function direct(
  station: string,
  say: Say,
  { sunCarries, seenFirst = false }: { sunCarries: boolean; seenFirst?: boolean },
): FamilyStories {
  const before = seenFirst ? say({ ...on, acIn: 80 }) : [];
  const byChoice: Story = {
    steps: [...say({ ...on, out: 60 }), 60],
    end: { ...present, carried_by: "battery" },
    never: "lost",
  };
  return {
    station,
    stories: {
      "mains idle": { steps: say(on), end: { ...present, soc: 60 } },
      "mains with load": {
        steps: say({ ...on, acIn: 80, out: 60 }),
        end: { ...present, carried_by: "grid" },
      },
      "battery with load": { steps: [...before, ...say({ ...off, out: 60 }), 4], end: onBattery },
      "battery idle": { steps: [...before, ...say(off), 4], end: { grid: "lost", carried_by: "none" } },
      "at its charge limit": byChoice,
      "by schedule": byChoice,
      solar: {
        steps: [...before, ...say({ ...off, out: 60, solar: 200 }), 4],
        end: { grid: "lost", carried_by: sunCarries ? "solar" : "battery" },
      },
      "tiny load": { steps: [...before, ...say({ ...off, out: 2 }), 4], end: onBattery },
      "firmware that does not tell": {
        steps: [...say({ ...on, plug: null, out: 60 }), 60],
        end: { ...unknown, soc: 60 },
        never: "lost",
      },
      "proof that ages out": {
        steps: [...say(on), 332],
        end: { ...unknown, grid_last: "present" },
        never: "lost",
      },
    },
  };
}

/** JSON of the app with one key for the plug. */
const app =
  (key: string, soc: Fields): Say =>
  ({ plug, acIn, out, solar }) => [
    encodeJson("app", {
      ...soc,
      ...(plug === null ? {} : { [key]: plug ? 230_000 : 0 }),
      "inv.inputWatts": acIn,
      "pd.wattsOutSum": out,
      "mppt.inWatts": key === "inv.acInVol" && "ems.lcdShowSoc" in soc ? solar * 10 : solar,
    }),
  ];

export const delta2 = direct("R331X", app("inv.acInVol", { "bms_emsStatus.lcdShowSoc": 60 }), {
  sunCarries: true,
});
export const deltapro = direct("DCEBX", app("inv.acInVol", { "ems.lcdShowSoc": 60 }), {
  sunCarries: true,
  seenFirst: true,
});
export const river1 = direct("RIVER Pro", app("inv.invInVol", { "pd.soc": 60 }), { sunCarries: false });

export const deltaproultra = direct(
  "Y711X",
  ({ plug, acIn, out, solar }) => [
    encodeMessageFrame(2, 1, {
      soc: 60,
      in_ac_c20_pwr: acIn,
      in_ac_5p8_pwr: 0,
      watts_out_sum: out,
      in_hv_mppt_pwr: solar,
    }),
    encodeMessageFrame(
      2,
      2,
      plug === null ? { bat_vol: 104 } : { ac_in_freq: plug ? 60 : 0, in_ac_c20_vol: plug ? 240 : 0 },
    ),
  ],
  { sunCarries: true, seenFirst: true },
);

export const panel2 = direct(
  "HD31X",
  ({ plug, acIn, out }) => [
    encodeMessageFrame(12, 32, {
      backup_incre_info: { backup_bat_per: 60 },
      ...(plug === null ? {} : { master_incre_info: { grid_sta: plug ? 1 : 0 } }),
    }),
    encodeMessageFrame(12, 1, { watt_info: { grid_watt: acIn, all_hall_watt: out } }),
  ],
  { sunCarries: false },
);

export const panel3 = direct(
  "Smart Home Panel 3",
  ({ plug, acIn, out }) => [
    encodeJson("app", {
      cms_batt_soc: 60,
      shp_grid_pwr: acIn,
      shp_load_pwr: out,
      ...(plug === null ? {} : { "panel_backup_ch1_Info.ch_sta": plug ? 1 : 2 }),
    }),
  ],
  { sunCarries: false },
);

/** No backup output: voltage at its grid side proves the mains, and its absence is no reason to shut anything down. */
const tied = direct(
  "HW51X",
  ({ plug, out }) => [
    encodeMessageFrame(20, 1, {
      bat_soc: 60,
      inv_output_watts: out * 10,
      ...(plug === null ? {} : { inv_op_volt: plug ? 2_330 : 0 }),
    }),
  ],
  { sunCarries: false },
);

/** The same payloads, of which only these decide; every other end is unknown. */
function onlyPresence({ station, stories }: FamilyStories, told: readonly string[]): FamilyStories {
  const changed = Object.entries(stories).map(([name, story]): [string, Story] => [
    name,
    told.includes(name)
      ? { ...story, end: present }
      : { ...story, end: { grid: "unknown", grid_connected: null }, never: "lost" },
  ]);
  return { station, stories: Object.fromEntries(changed) as FamilyStories["stories"] };
}

export const powerstream = onlyPresence(tied, [
  "mains idle",
  "mains with load",
  "at its charge limit",
  "by schedule",
]);

/** No rule is known for these: the grid stays unknown whatever they report. */
export const stream = onlyPresence(
  direct(
    "STREAM",
    ({ acIn, out }) => [encodeJson("app", { cmsBattSoc: 60, powGetAcIn: acIn, powOutSumW: out })],
    { sunCarries: false },
  ),
  [],
);

/** The panel's own state of the grid and no watts: what carries the load in an outage is not known. */
function withoutWatts({ station, stories }: FamilyStories): FamilyStories {
  const carriers = { present: "grid", lost: null } as const;
  const changed = Object.entries(stories).map(([name, { end, ...story }]): [string, Story] => {
    const { grid } = end;
    return [
      name,
      grid === "present" || grid === "lost"
        ? { ...story, end: { grid, carried_by: carriers[grid] } }
        : { ...story, end },
    ];
  });
  return { station, stories: Object.fromEntries(changed) as FamilyStories["stories"] };
}

export const panel1 = withoutWatts(
  direct(
    "SP10X",
    ({ plug }) => [
      encodeJson("app", {
        "heartbeat.backupBatPer": 60,
        "gridInfo.gridVol": 230,
        ...(plug === null ? {} : { "heartbeat.gridSta": plug ? 1 : 0 }),
      }),
    ],
    { sunCarries: false },
  ),
);
