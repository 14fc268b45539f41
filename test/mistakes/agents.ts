/** Mistakes on a machine: the agent's settings, tools and rights. */
import type { Row } from "./play.ts";

const settings = (...lines: string[]) => ({ ".env": ["AGENT_ID=pc", ...lines, ""].join("\n") });
const refused = (did: string, lines: string[], what: RegExp, where: RegExp, remedy: RegExp): Row => ({
  did: `agent: ${did}`,
  type: "agent",
  files: settings(...lines),
  what,
  where,
  remedy,
});

export const agents: readonly Row[] = [
  refused(
    "misspelt DRY_RUN",
    ["MQTT_BROKER=h", "DRYRUN=on"],
    /no setting called DRYRUN/,
    /line 3/,
    /did you mean DRY_RUN\?/,
  ),
  refused(
    "wrote DRY_RUN=maybe",
    ["MQTT_BROKER=h", "DRY_RUN=maybe"],
    /"maybe"/,
    /DRY_RUN/,
    /must be on or off/,
  ),
  refused(
    "put mqtt:// into the broker's name",
    ["MQTT_BROKER=mqtt://nas"],
    /is no host name or address/,
    /MQTT_BROKER "mqtt:\/\/nas"/,
    /write MQTT_BROKER=nas/,
  ),
  refused(
    "put the port into the broker's name",
    ["MQTT_BROKER=nas:1883"],
    /holds a port/,
    /MQTT_BROKER/,
    /write MQTT_BROKER=nas and MQTT_PORT=1883/,
  ),
  {
    ...refused(
      "has a blank in its name",
      [],
      /may hold letters, digits/,
      /AGENT_ID "my pc"/,
      /write AGENT_ID=my-pc/,
    ),
    files: { ".env": "AGENT_ID=my pc\nMQTT_BROKER=h\n" },
  },
  refused(
    "set a setting twice",
    ["MQTT_BROKER=h", "MQTT_BROKER=other"],
    /is there twice/,
    /line 3: MQTT_BROKER .*line 2/,
    /keep one of them/,
  ),
  refused(
    "numbered a tenth pre-command",
    ["MQTT_BROKER=h", "PRE_SHUTDOWN_CMD_10=echo"],
    /no setting called PRE_SHUTDOWN_CMD_10/,
    /line 3/,
    /numbered from 1 to 9/,
  ),
  refused(
    "never closed a quote",
    ["MQTT_BROKER=h", 'AGENT_KEY="abc'],
    /is never closed/,
    /line 3: .*AGENT_KEY/,
    /close it/,
  ),
  {
    ...refused("lets everybody read the key", [], /can be read by others/, /\/\.env/, /chmod 600/),
    files: { ".env!": "AGENT_ID=pc\nMQTT_BROKER=h\nAGENT_KEY=k\n" },
  },
  {
    ...refused(
      "may not read the settings",
      ["MQTT_BROKER=h"],
      /cannot be read by this user/,
      /\/\.env/,
      /run the agent as root/,
    ),
    ordinary: true,
  },
  {
    ...refused(
      "named settings that are not there",
      [],
      /there is no file \/nowhere\/agent\.env/,
      /\/nowhere\/agent\.env/,
      /correct ECOFLOW_POWER_AGENT_ENV/,
    ),
    env: { ECOFLOW_POWER_AGENT_ENV: "/nowhere/agent.env" },
  },
  {
    ...refused(
      "has no mosquitto clients",
      ["MQTT_BROKER=h"],
      /mosquitto_sub is not installed/,
      /shutdown-listener/,
      /apt install mosquitto-clients/,
    ),
    type: "PATH={tools} {tools}/bash shutdown-listener.sh",
  },
  {
    ...refused(
      "was started with sh",
      ["MQTT_BROKER=h"],
      /this script needs bash/,
      /shutdown-listener/,
      /run it with: bash/,
    ),
    type: "{sh} shutdown-listener.sh",
  },
  {
    ...refused(
      "misspelt doctor",
      ["MQTT_BROKER=h"],
      /there is no "doctr"/,
      /shutdown-listener/,
      /write run, doctor/,
    ),
    type: "agent doctr",
    code: 2,
  },
  {
    ...refused(
      "misspelt a program",
      ["MQTT_BROKER=127.0.0.1", "MQTT_PORT={dead}", "PRE_SHUTDOWN_CMD_1=dokcer stop db"],
      /there is no dokcer in PATH/,
      /PRE_SHUTDOWN_CMD_1/,
      /install it, or correct PRE_SHUTDOWN_CMD_1/,
    ),
    code: null,
  },
  {
    ...refused(
      "has a password with a blank and a #",
      ["MQTT_BROKER=127.0.0.1", "MQTT_PORT={dead}", "MQTT_USER=u", "MQTT_PASS=secret #1"],
      /MQTT_PASS ends before " #"/,
      /line 5 of \S+\/\.env/,
      /put the value in quotes/,
    ),
    code: null,
  },
  {
    ...refused(
      "set nothing at all",
      [],
      /AGENT_ID is not set/,
      /AGENT_ID/,
      /set it to the name that the server's configuration has/,
    ),
    files: {},
    env: { MQTT_PORT: "{dead}", MQTT_BROKER: "127.0.0.1" },
    code: null,
  },
];
