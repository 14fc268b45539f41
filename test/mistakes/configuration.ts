/** Mistakes in the server's configuration, as a person makes them. */
import type { Row } from "./play.ts";

const mapping = `DEVICE_TO_AGENTS_JSON='{"Study": ["pc"]}'`;
const dotenv = (...lines: string[]) => ({
  ".env": ["MQTT_HOST=127.0.0.1", mapping, ...lines, ""].join("\n"),
});
const yaml = (text: string) => ({ "ecoflow-power.yaml": `${text}\n` });
const study = "stations: { Study: {} }\n";
const check = "ecoflow-power check --offline";

/** A row of `check`: the setting's place, what is wrong with it, and the remedy. */
function wrong(did: string, files: Row["files"], where: RegExp, what: RegExp, remedy: RegExp): Row {
  return { did, type: check, ...(files && { files }), where, what, remedy };
}

/** The same, where the configuration is usable and `check` warns. */
const doubtful = (...row: Parameters<typeof wrong>): Row => ({ ...wrong(...row), code: 0 });

export const configuration: readonly Row[] = [
  wrong(
    "misspelt a variable",
    dotenv("POLICY_DEBOUNCE_SECS=120"),
    /POLICY_DEBOUNCE_SECS: a name in \S+\.env/,
    /not a name we know/,
    /Did you mean POLICY_DEBOUNCE_SEC\?/,
  ),
  wrong(
    "typed an o for a zero",
    dotenv("POLICY_SOC_MIN=1o"),
    /POLICY_SOC_MIN/,
    /"1o" is not a number/,
    /Write a number from 1 to 100/,
  ),
  wrong(
    "never closed a quote",
    { ".env": `MQTT_HOST="127.0.0.1\n${mapping}\n` },
    /MQTT_HOST: line 1 of \S+\.env/,
    /a quote that is never closed/,
    /Close the quote/,
  ),
  wrong(
    "wrote a colon for the equals sign",
    { ".env": `MQTT_HOST: 127.0.0.1\n${mapping}\n` },
    /line 1 of \S+\.env/,
    /not of the form NAME=value/,
    /Write MQTT_HOST=/,
  ),
  wrong(
    "set a variable twice",
    dotenv("MQTT_HOST=other"),
    /MQTT_HOST: lines 1 and 3 of \S+\.env/,
    /set it twice, to different values/,
    /Keep one of the two/,
  ),
  wrong(
    "put the port into the host",
    { ".env": `MQTT_HOST=localhost:1883\n${mapping}\n` },
    /MQTT_HOST/,
    /"localhost:1883" holds a port/,
    /Write MQTT_HOST=localhost and MQTT_PORT=1883/,
  ),
  wrong(
    "put mqtt:// into the host",
    { ".env": `MQTT_HOST=mqtt://localhost\n${mapping}\n` },
    /MQTT_HOST/,
    /is not a host name or address alone/,
    /Write MQTT_HOST=/,
  ),
  wrong(
    "left a comma at the end of a JSON list",
    { ".env": `MQTT_HOST=h\nDEVICE_TO_AGENTS_JSON={"Study": ["pc",]}\n` },
    /comma before "\]"/,
    /DEVICE_TO_AGENTS_JSON: .* is not valid JSON/,
    /Write it like this: .*\["pc", "nas"\]/,
  ),
  wrong(
    "wrote JSON with single quotes",
    { ".env": `MQTT_HOST=h\nDEVICE_TO_AGENTS_JSON={'Study': ['pc']}\n` },
    /near character 2/,
    /DEVICE_TO_AGENTS_JSON: .* is not valid JSON/,
    /Write it like this: /,
  ),
  wrong(
    "set a threshold of 200 percent",
    dotenv("POLICY_SOC_MIN=200"),
    /POLICY_SOC_MIN/,
    /"200" is not a number from 1 to 100/,
    /Write a number from 1 to 100/,
  ),
  wrong(
    "set a negative debounce",
    dotenv("POLICY_DEBOUNCE_SEC=-5"),
    /POLICY_DEBOUNCE_SEC/,
    /"-5" is not a duration/,
    /such as 90 or 4m/,
  ),
  wrong(
    "gave a password without a user",
    dotenv("MQTT_PASS=hunter2"),
    /MQTT_USER/,
    /is not set, and MQTT knows no password without a user/,
    /Write the user too/,
  ),
  wrong(
    "named a password file that is not there",
    dotenv("MQTT_USER=u", "MQTT_PASS_FILE=/nowhere/pass"),
    /MQTT_PASS_FILE: "\/nowhere\/pass"/,
    /names a file that is not there/,
    /Put the secret, and nothing else, into that file/,
  ),
  wrong(
    "misspelt the name of a station",
    yaml(`${study}machines: { pc: { stations: [Studdy] } }`),
    /machines\.pc\.stations\.0/,
    /"Studdy" is no station/,
    /Did you mean Study\?/,
  ),
  wrong(
    "indented a line wrongly",
    yaml("stations:\n  Study: {}\nmachines:\n  pc:\n   stations: [Study]\n    delaySec: 3"),
    /ecoflow-power\.yaml: line 6/,
    /is not valid YAML there/,
    /Check indentation and quotes/,
  ),
  wrong(
    "indented with a tab",
    yaml("stations:\n\tStudy: {}"),
    /ecoflow-power\.yaml: line 2, column 1/,
    /indented with a tab/,
    /Indent with spaces/,
  ),
  wrong(
    "misspelt a section",
    yaml(`${study}machine: { pc: { stations: [Study] } }`),
    /machine:/,
    /"machine" is not a key we know/,
    /Did you mean machines\?/,
  ),
  wrong(
    "wrote a number for a section",
    yaml(`${study}machines: { pc: { stations: [Study], shutdownAt: 40 } }`),
    /machines\.pc\.shutdownAt/,
    /a number is not a section/,
    /Write a section such as \{ socPercent: … \}/,
  ),
  wrong(
    "wrote a unit that is none",
    yaml(`${study}machines: { pc: { stations: [Study], delaySec: 2 mins } }`),
    /machines\.pc\.delaySec/,
    /"2 mins" is not a duration/,
    /such as 90 or 4m/,
  ),
  wrong(
    "wants more stations than the machine has",
    yaml(`${study}machines: { pc: { stations: [Study], minSupplies: 2 } }`),
    /machines\.pc\.minSupplies/,
    /2 is more than the 1 station of pc/,
    /Write a number from 1 to 1/,
  ),
  wrong(
    "named a variable that is not set",
    yaml(
      `mqtt: { url: "mqtt://h", username: u, password: "\${MQTT_PASS}" }\n${study}machines: { pc: { stations: [Study] } }`,
    ),
    /mqtt\.password/,
    /MQTT_PASS\} names a variable that is not set/,
    /Set MQTT_PASS in the environment or in \.env/,
  ),
  wrong(
    "named a certificate file that is not there",
    yaml(`mqtt: { url: "mqtts://h", ca: ca.pem }\n${study}machines: { pc: { stations: [Study] } }`),
    /mqtt\.ca: "\S+\/ca\.pem"/,
    /is not there/,
    /Name the PEM file of the authority/,
  ),
  wrong(
    "configured nothing",
    undefined,
    /no ecoflow-power\.yaml in \S+/,
    /nothing was found/,
    /Copy \.env\.example to \.env/,
  ),
  wrong(
    "saved the settings as .env.txt",
    { ".env.txt": `MQTT_HOST=h\n${mapping}\n` },
    /\/\.env\.txt/,
    /is not looked for/,
    /Rename it to \.env/,
  ),
  wrong(
    "called the file .yml",
    { "ecoflow-power.yml": study },
    /ecoflow-power\.yml/,
    /is not looked for/,
    /Rename it to ecoflow-power\.yaml/,
  ),
  {
    did: "named a configuration that is not there",
    type: "ecoflow-power check --config /nowhere/site.yaml",
    where: /"\/nowhere\/site\.yaml"/,
    what: /is not there/,
    remedy: /Name an existing YAML file/,
  },
  {
    did: "named a folder as the configuration",
    type: "ecoflow-power check --config site",
    files: { site: "<folder>" },
    where: /\/site: the file/,
    what: /is a folder/,
    remedy: /Name a file/,
  },
  {
    did: "may not read the configuration",
    type: check,
    ordinary: true,
    files: dotenv(),
    where: /\/\.env: the file/,
    what: /may not be read by this user/,
    remedy: /Let the user that runs ecoflow-power read it/,
  },
  wrong(
    "has a file where the state folder should be",
    { ...yaml(`stateDir: state\n${study}machines: { pc: { stations: [Study] } }`), state: "x" },
    /stateDir: \S+\/state/,
    /is a file, and the state needs a folder/,
    /Move the file away, or set stateDir/,
  ),
  {
    ...wrong(
      "may not write the state folder",
      {
        "ecoflow-power.yaml!": `stateDir: /ecoflow-power-state\n${study}machines: { pc: { stations: [Study] } }`,
      },
      /stateDir: \/ecoflow-power-state/,
      /may not be made in \/ by this user/,
      /Give the folder to the user of the server/,
    ),
    ordinary: true,
  },
  doubtful(
    "left a character out of a serial",
    yaml("stations: { Study: { serial: R631EXAMPLE0000 } }\nmachines: { pc: { stations: [Study] } }"),
    /R631EXAMPLE0000 of Study/,
    /has 15 characters, and a serial has 16/,
    /compare it with the label or the app/,
  ),
  doubtful(
    "wrote a serial in small letters",
    yaml("stations: { Study: { serial: r631example00001 } }\nmachines: { pc: { stations: [Study] } }"),
    /r631example00001 of Study/,
    /has small letters/,
    /write R631EXAMPLE00001/,
  ),
  doubtful(
    "has a password with a blank and a #",
    dotenv("MQTT_USER=u", "MQTT_PASS=secret #1"),
    /MQTT_PASS in \S+\.env/,
    /ends before " #"/,
    /put the value in quotes/,
  ),
  doubtful(
    "lets everybody read the password",
    { ".env!": `MQTT_HOST=h\n${mapping}\nMQTT_USER=u\nMQTT_PASS=hunter2\n` },
    /\/\.env/,
    /every user of this machine can read it/,
    /chmod 600/,
  ),
  doubtful(
    "set the threshold below the station's own limit",
    yaml(
      "stations: { Study: { dischargeLimitPercent: 30 } }\nmachines: { pc: { stations: [Study], shutdownAt: { socPercent: 20 } } }",
    ),
    /pc goes at 20 %/,
    /Study cuts its output at 31 %/,
    /Write 40 % or more/,
  ),
];
