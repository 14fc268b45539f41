/** The stories of River 3, Delta 3 and Delta Pro 3: one rule with different signs (S12 to S16). */
import { encodeFrame, type Fields } from "../../src/sim/encode.ts";
import { idle } from "../told.ts";
import { type FamilyStories, onBattery, present, type Step, unknown } from "./story.ts";

let seq = 1_000;
const display = (fields: Fields) => {
  seq++;
  return encodeFrame("DisplayPropertyUpload", fields, { seq, masked: true });
};
const heartbeat = (fields: Fields) =>
  encodeFrame("BMSHeartBeatReport", { num: 0, ...fields }, { src: 3, seq: ++seq, masked: true });

const discharge: Fields = { ...idle, pow_out_sum_w: 60, cms_chg_dsg_state: 1 };
const sunny: Fields = {
  ...idle,
  pow_in_sum_w: 200,
  pow_get_pv: 200,
  pow_out_sum_w: 60,
  cms_chg_dsg_state: 2,
};

/** A day of full uploads, each 120 s, with a load and without any sign of the mains. */
function silentDay(): Step[] {
  const steps: Step[] = [];
  for (let upload = 0; upload <= 721; upload++) {
    steps.push(display({ ...idle, pow_out_sum_w: 40, cms_batt_soc: 60 + (upload % 2) }), 120);
  }
  return steps;
}

/** `plugged`: how the family reports a plugged cable while no power flows. */
const line = (station: string, plugged: Fields): FamilyStories => ({
  station,
  stories: {
    "mains idle": { steps: [display({ ...idle, ...plugged })], end: { ...present, soc: 60 } },
    "mains with load": {
      steps: [display({ ...idle, pow_in_sum_w: 80, pow_get_ac_in: 80, pow_out_sum_w: 80 })],
      end: { ...present, carried_by: "grid" },
    },
    "battery with load": { steps: [display(discharge), 4], end: onBattery },
    "battery idle": {
      steps: [display(discharge), 10, display(idle), 60],
      end: { grid: "lost", carried_by: "none", grid_basis: "last-known" },
    },
    "at its charge limit": {
      steps: [display({ ...discharge, cms_batt_soc: 85, cms_max_chg_soc: 50 }), 60],
      end: { ...unknown, grid_basis: "by-setting", carried_by: "battery" },
      never: "lost",
    },
    "by schedule": {
      steps: [
        display({
          ...discharge,
          energy_strategy_operate_mode: { operate_scheduled_open: true },
          backup_reverse_soc: 30,
        }),
        60,
      ],
      end: { ...unknown, grid_basis: "by-setting" },
      never: "lost",
    },
    solar: {
      steps: [display(sunny), 60],
      end: { ...unknown, grid_basis: "solar", carried_by: "solar" },
      never: "present",
    },
    "tiny load": {
      steps: [
        display({ ...idle, pow_out_sum_w: 2, cms_chg_dsg_state: 1 }),
        heartbeat({ output_watts: 8, chg_dsg_state: 1 }),
        5,
      ],
      end: onBattery,
    },
    "firmware that does not tell": {
      steps: silentDay(),
      end: { ...unknown, grid_basis: "none" },
      never: "present",
    },
    "proof that ages out": {
      steps: [display({ ...idle, ...plugged }), 152],
      end: { ...unknown, grid_last: "present" },
      never: "lost",
    },
  },
});

export const river3 = line("R655X", { plug_in_info_ac_charger_flag: true });
export const delta3 = line("P231X", { plug_in_info_ac_in_flag: 1, flow_info_ac_in: 15 });
export const deltapro3 = line("MR51X", { flow_info_ac_in: 2 });
