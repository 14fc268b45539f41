/** The developer interface's signature, held against the vendor's own example. */
import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { flatText, type Parameters, signedHeaders } from "./ecoflow-sign.ts";

// The vendor's published example, keys included (EcoFlow's developer documentation); it opens no account.
const vendor = {
  accessKey: "Fp4SvIprYSDPXtYJidEtUAd1o",
  secretKey: "WIbFEKre0s6sLnh4ei7SPUeYnptHG6V",
  nonce: "345164",
  timestamp: "1671171709428",
};

describe("the signature", () => {
  it("is the vendor's for the vendor's example", () => {
    const parameters = { sn: "123456789", params: { cmdSet: 11, id: 24, eps: 0 } };
    expect(flatText(parameters)).toBe("params.cmdSet=11&params.eps=0&params.id=24&sn=123456789");
    expect(signedHeaders({ ...vendor, parameters })).toEqual({
      accessKey: vendor.accessKey,
      nonce: vendor.nonce,
      timestamp: vendor.timestamp,
      sign: "07c13b65e037faf3b153d51613638fa80003c4c38d2407379a7f52851af1473e",
    });
  });

  it("signs the tail alone where there are no parameters", () => {
    // `printf %s 'accessKey=…&nonce=345164&timestamp=1671171709428' | openssl dgst -sha256 -hmac '…'`, run once by hand.
    const { sign } = signedHeaders({ ...vendor, parameters: {} });
    expect(sign).toBe("4409ae9efeaf0be9b8b48f02ebef8e804387e745e513588c136955606ca496f5");
  });

  it("flattens lists and objects in lists, sorts by the flat key, and spells values as JSON does", () => {
    const parameters = { b: null, a: [{ z: true, B: "x y" }, 2], aa: { c: false } };
    expect(flatText(parameters)).toBe("a[0].B=x y&a[0].z=true&a[1]=2&aa.c=false&b=null");
  });
});

/** What was signed, the text written out by hand, and what `openssl dgst -sha256 -hmac <secretKey>` makes of that text. */
type Vector = [
  name: string,
  accessKey: string,
  secretKey: string,
  nonce: string,
  timestamp: string,
  parameters: Parameters,
  text: string,
  sign: string,
];

const vectors: Vector[] = [
  [
    "list",
    "abcDEF123",
    "s3cr3tKEY0000000000000000000001",
    "100000",
    "1700000000000",
    {},
    "accessKey=abcDEF123&nonce=100000&timestamp=1700000000000",
    "358c6b0611f5bad38d5bd143b09c2a706f2e70402a159eaebfda349e08893c87",
  ],
  [
    "quota",
    "Ak9",
    "zz",
    "999999",
    "1700000000001",
    { sn: "R331ZEB4ZEA12345" },
    "sn=R331ZEB4ZEA12345&accessKey=Ak9&nonce=999999&timestamp=1700000000001",
    "0da5490a99cd3ddefa74fb9c12845ebf39e96e5ec0a278b28838a4849da5becd",
  ],
  [
    "bool",
    "KEY",
    "SECRET",
    "123456",
    "1700000000002",
    { sn: "A", on: true, off: false },
    "off=false&on=true&sn=A&accessKey=KEY&nonce=123456&timestamp=1700000000002",
    "d3608a95d682d69540977c40b9cd17c35e4c92298921ace82ebefb45126343e4",
  ],
  [
    "null",
    "KEY",
    "SECRET",
    "123457",
    "1700000000003",
    { a: null, b: 0 },
    "a=null&b=0&accessKey=KEY&nonce=123457&timestamp=1700000000003",
    "4c2803b14f9572b4fee5f50bf170bcb0283e545fe67a4dd6e860bcf787f5f2a7",
  ],
  [
    "nested",
    "KEY",
    "SECRET",
    "123458",
    "1700000000004",
    { params: { z: { y: 1 }, a: 2 }, sn: "X" },
    "params.a=2&params.z.y=1&sn=X&accessKey=KEY&nonce=123458&timestamp=1700000000004",
    "0d097f3d61cb5bfb8444548a39a00df81e520117a0e08efac13c51d4802e03e8",
  ],
  [
    "list of numbers",
    "KEY",
    "SECRET",
    "123459",
    "1700000000005",
    { quotas: [1, 2, 3] },
    "quotas[0]=1&quotas[1]=2&quotas[2]=3&accessKey=KEY&nonce=123459&timestamp=1700000000005",
    "343105c3c6339174f55b1541e5534ed3ac078caa893f7d3aab52a2065d761c11",
  ],
  [
    "list of texts",
    "KEY",
    "SECRET",
    "123460",
    "1700000000006",
    { sn: "X", params: { quotas: ["inv.acInVol", "pd.soc"] } },
    "params.quotas[0]=inv.acInVol&params.quotas[1]=pd.soc&sn=X&accessKey=KEY&nonce=123460&timestamp=1700000000006",
    "8fe71b22d051f464de298e3626aba80cd5f45f88f2f2de12395cad67417f4d36",
  ],
  [
    "objects in a list",
    "KEY",
    "SECRET",
    "123461",
    "1700000000007",
    {
      tasks: [
        { id: 2, at: "08:00" },
        { id: 1, at: "09:00" },
      ],
    },
    "tasks[0].at=08:00&tasks[0].id=2&tasks[1].at=09:00&tasks[1].id=1&accessKey=KEY&nonce=123461&timestamp=1700000000007",
    "8165ccd9f6679bc1fff0bff69e8312a9d87cc8edfb0ff9f6be6d167fdebcc6e1",
  ],
  [
    "capitals before small letters",
    "KEY",
    "SECRET",
    "123462",
    "1700000000008",
    { b: 1, B: 2, a: 3, A: 4 },
    "A=4&B=2&a=3&b=1&accessKey=KEY&nonce=123462&timestamp=1700000000008",
    "1c359e1f17d18f56a4cf87308d132ca0c88149dc95784e6a84322f78011258c3",
  ],
  [
    "text outside ASCII",
    "KEY",
    "SECRET",
    "123463",
    "1700000000009",
    { name: "Büro oben & Küche = 1" },
    "name=Büro oben & Küche = 1&accessKey=KEY&nonce=123463&timestamp=1700000000009",
    "c78c7ac2b4065d6f68148369abed1153e8e57a9edfb0263d249a3470e9de66ad",
  ],
];

const hasOpenssl = spawnSync("openssl", ["version"]).status === 0;

describe("ten signatures made with openssl", () => {
  it.each(vectors)("%s", (_, accessKey, secretKey, nonce, timestamp, parameters, text, made) => {
    expect(signedHeaders({ accessKey, secretKey, nonce, timestamp, parameters })["sign"]).toBe(made);
    const flat = flatText(parameters);
    expect(
      `${flat}${flat === "" ? "" : "&"}accessKey=${accessKey}&nonce=${nonce}&timestamp=${timestamp}`,
    ).toBe(text);
  });

  it.skipIf(!hasOpenssl)("are what openssl makes of these texts today", () => {
    for (const [, , secretKey, , , , text, made] of vectors) {
      const out = execFileSync("openssl", ["dgst", "-sha256", "-hmac", secretKey], {
        input: text,
        encoding: "utf8",
      });
      expect(out.trim().split(/\s+/).at(-1)).toBe(made);
    }
  });
});
