/** No secret appears in any output, whatever its characters, its place, and the other mistakes. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { describeConfig } from "../../src/config/describe.ts";
import { variables } from "../../src/config/variables.ts";
import { check, load, type Setup } from "./folder.ts";

/** A secret that no ordinary sentence contains, with characters that are difficult in files and sentences. */
const secret = fc
  .string({ unit: fc.constantFrom(..."abzAZ09 #:@/\\*&!%{}[],=+-$ü"), minLength: 8, maxLength: 90 })
  .map((text) => `S3${text}cr3t`)
  // "${" is a variable in YAML, whose name may be shown; a text without it is wholly secret.
  .filter((text) => !text.includes("${"));

const secretNames = Object.keys(variables).filter((name) => variables[name]?.secret);

/** A further mistake, or none, whose sentence shows a value near the secret. */
const sabotage = fc.constantFrom<(setup: Required<Pick<Setup, "dotenv" | "yaml" | "env">>) => void>(
  () => {},
  (setup) => {
    setup.dotenv = `DEVICE_TO_AGENTS_JSON='{"a": \n${setup.dotenv}`;
  },
  (setup) => {
    setup.dotenv = `DEVICE_TO_AGENTS_JSON={"a": {\n${setup.dotenv}\n}}`;
  },
  (setup) => {
    setup.dotenv = `MQTT_HOST="b\n${setup.dotenv}`;
  },
  (setup) => {
    setup.yaml = setup.yaml.replace("password:", "pasword:").replace("key:", "kye:");
  },
  (setup) => {
    setup.yaml = setup.yaml.replaceAll('"', "");
  },
  (setup) => {
    setup.yaml = setup.yaml.replaceAll(/: "(S3.*)"$/gm, ': ["$1"]');
  },
  (setup) => {
    setup.yaml = setup.yaml.replace(/^mqtt:$/m, "mqtt: &");
  },
  (setup) => {
    setup.yaml = setup.yaml.replace(/mqtt:\n.*\n.*\n {2}password: (".*")/, "mqtt: $1");
  },
  (setup) => {
    setup.yaml = setup.yaml.replace(/url: .*\n.*\n {2}password: "(.*)"/, 'url: "mqtt://u:$1@b"');
  },
  (setup) => {
    setup.env["MQTT_PASWORD"] = `${setup.env["TELEGRAM_BOT_TOKEN"]}.stranger`;
  },
  (setup) => {
    setup.yaml += `policy: { debounceSec: "\${MQTT_PASS}" }\n`;
  },
);

/** A different secret in every place: redacting one known secret must not hide that another leaks. */
function setupWith(text: string): Required<Pick<Setup, "dotenv" | "yaml" | "env">> {
  return {
    env: { TELEGRAM_BOT_TOKEN: `${text}.env` },
    dotenv: ["ECOFLOW_USERNAME=u", ...secretNames.map((name) => `${name}='${text}.${name}'`)].join("\n"),
    yaml: `mqtt:
  url: mqtt://b
  username: u
  password: ${JSON.stringify(`${text}.yaml`)}
stations: { A: {} }
machines:
  pc:
    stations: [A]
    key: ${JSON.stringify(`${text}.key`)}
`,
  };
}

/** True if ten consecutive characters of the secret are in the output, plain or escaped for JSON. */
function shows(output: string, text: string): boolean {
  const windows = Array.from({ length: text.length - 9 }, (_, at) => text.slice(at, at + 10));
  return windows.some((part) => output.includes(part) || output.includes(JSON.stringify(part).slice(1, -1)));
}

it("neither in the summary nor in a mistake, as text and as JSON", async () => {
  await fc.assert(
    fc.asyncProperty(secret, sabotage, async (text, spoil) => {
      const setup = setupWith(text);
      spoil(setup);
      for (const args of [[], ["--json"]]) {
        const { out, err } = await check({ ...setup, args });
        expect(shows(out + err, text), out + err).toBe(false);
      }
    }),
    { numRuns: 300 },
  );
});

it("and each is passed to the log, which redacts it", () => {
  fc.assert(
    fc.property(secret, (text) => {
      const result = load(setupWith(text));
      if (!result.ok) throw new Error(JSON.stringify(result.problems));
      for (const place of [".env", ".key", ...secretNames.slice(0, 4).map((name) => `.${name}`)]) {
        expect(result.config.secrets).toContain(`${text}${place}`);
      }
      expect(shows(describeConfig(result.config), text)).toBe(false);
    }),
    { numRuns: 50 },
  );
});

it("nor the users' passwords of the embedded broker, nor a short one", async () => {
  const yaml = `broker: { host: 0.0.0.0, users: { pc: hunter2hunter2, nas: xyzzy } }\nstations: { A: {} }\nmachines: { pc: { stations: [A] } }`;
  const { code, out } = await check({ yaml });
  expect(code).toBe(0);
  expect(out).toMatch(/users pc and nas/);
  expect(out).not.toMatch(/hunter2|xyzzy/);
});
