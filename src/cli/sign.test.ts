/** `sign`: the line for curl, what stands in it, and what never does. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { signCommand } from "./sign.ts";

const cwd = mkdtempSync(join(tmpdir(), "sign-"));
afterAll(() => rmSync(cwd, { recursive: true }));

const secret = "WIbFEKre0s6sLnh4ei7SPUeYnptHG6V";
const keys = { ECOFLOW_ACCESS_KEY: "Fp4SvIprYSDPXtYJidEtUAd1o", ECOFLOW_SECRET_KEY: secret };
const fixed = ["--nonce", "345164", "--timestamp", "1671171709428"];

async function run(args: string[], env: Record<string, string> = keys) {
  const [out, err] = [[] as string[], [] as string[]];
  const io = {
    out: (text: string) => void out.push(text),
    err: (text: string) => void err.push(text),
    stdin: process.stdin,
    cwd,
    env,
    isTerminal: false,
    stop: new AbortController().signal,
  };
  const code = await signCommand(args, io);
  return { code, out: out.join("\n"), err: err.join("\n") };
}

/** The words that a shell makes of a line. */
const words = (line: string) =>
  execFileSync("sh", ["-c", `printf '%s\\n' ${line}`], { encoding: "utf8" })
    .trim()
    .split("\n");

describe("sign", () => {
  it("prints the vendor's example as one line for curl", async () => {
    const body = '{"sn":"123456789","params":{"cmdSet":11,"id":24,"eps":0}}';
    const { code, out } = await run(["PUT", "/iot-open/sign/device/quota", "--body", body, ...fixed]);
    expect(code).toBe(0);
    expect(words(out)).toEqual([
      "curl",
      "-sS",
      "-X",
      "PUT",
      "https://api-e.ecoflow.com/iot-open/sign/device/quota",
      "-H",
      "accessKey: Fp4SvIprYSDPXtYJidEtUAd1o",
      "-H",
      "nonce: 345164",
      "-H",
      "timestamp: 1671171709428",
      "-H",
      "sign: 07c13b65e037faf3b153d51613638fa80003c4c38d2407379a7f52851af1473e",
      "-H",
      "Content-Type: application/json;charset=UTF-8",
      "--data",
      body,
    ]);
  });

  it("a GET has no Content-Type and carries its parameters in the query, signed as they were typed", async () => {
    const { out } = await run(["get", "/iot-open/sign/device/quota/all", "sn=R6 1'", ...fixed]);
    expect(words(out)).toContain("https://api-e.ecoflow.com/iot-open/sign/device/quota/all?sn=R6%201'");
    expect(out).not.toMatch(/Content-Type|-X|--data/);
    const plain = await run(["GET", "/iot-open/sign/device/quota/all", "sn=other", ...fixed]);
    expect(plain.out.match(/sign: \w+/)?.[0]).not.toBe(out.match(/sign: \w+/)?.[0]);
  });

  it("never prints the secret key, and says that the access key is in the line", async () => {
    const told = await run(["GET", "/iot-open/sign/device/list"]);
    expect(told.out + told.err).not.toContain(secret);
    expect(told.err).toMatch(/holds your access key .* the secret key is not in it/);
    expect(told.out).toMatch(/nonce: \d{6}'/);
  });

  it("takes the keys from files, the host and its authority from the environment", async () => {
    writeFileSync(join(cwd, "secret"), `${secret}\n`);
    const env = {
      ECOFLOW_ACCESS_KEY: keys.ECOFLOW_ACCESS_KEY,
      ECOFLOW_SECRET_KEY_FILE: "secret",
      ECOFLOW_API_URL: "https://127.0.0.1:9443/",
      ECOFLOW_CA_FILE: "it's ca.pem",
    };
    const body = '{"sn":"123456789","params":{"cmdSet":11,"id":24,"eps":0}}';
    const { out } = await run(["PUT", "/x", "--body", body, ...fixed], env);
    expect(out).toContain("sign: 07c13b65e037faf3b153d51613638fa80003c4c38d2407379a7f52851af1473e");
    expect(words(out)).toEqual(
      expect.arrayContaining(["--cacert", "it's ca.pem", "https://127.0.0.1:9443/x"]),
    );
  });

  it.each([
    [["GET", "/x"], {}, 1, /ECOFLOW_ACCESS_KEY is not set/],
    [["GET", "/x"], { ...keys, ECOFLOW_API_URL: "http://example.org" }, 1, /no https/],
    [["FETCH", "/x"], keys, 2, /METHOD/],
    [["GET", "/x?sn=1"], keys, 2, /k=v/],
    [["GET", "/x", "sn"], keys, 2, /name=value/],
    [["GET", "/x", "sn=1", "sn=2"], keys, 2, /twice/],
    [["GET", "/x", "--body", "{}"], keys, 2, /GET has no body/],
    [["PUT", "/x", "--body", "[1]"], keys, 2, /JSON object/],
    [["PUT", "/x", "a=b", "--body", "{}"], keys, 2, /exclude/],
  ])("refuses %j with a sentence", async (args, env, code, sentence) => {
    const told = await run(args, env as Record<string, string>);
    expect(told.code).toBe(code);
    expect(told.err).toMatch(sentence);
    expect(told.out).toBe("");
  });
});
