/** The verifier of the emulated cloud against the vendor's example and against signatures that openssl made. */
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { type Signed, Verifier } from "./verify.ts";

// The vendor's published example, keys included (EcoFlow's developer documentation); it opens no account.
const vendor = {
  accesskey: "Fp4SvIprYSDPXtYJidEtUAd1o",
  nonce: "345164",
  timestamp: "1671171709428",
  sign: "07c13b65e037faf3b153d51613638fa80003c4c38d2407379a7f52851af1473e",
};
const secret = "WIbFEKre0s6sLnh4ei7SPUeYnptHG6V";
const at = Number(vendor.timestamp);
const vendorBody = '{"sn":"123456789","params":{"cmdSet":11,"id":24,"eps":0}}';

const verifier = () =>
  new Verifier({ secretOf: (key) => (key === vendor.accesskey ? secret : null), toleranceMs: 300_000 });

const request = (
  headers: Record<string, string>,
  body: string | null,
  query: Signed["query"] = [],
): Signed => ({
  header: (name) => headers[name],
  query,
  body,
});

/** Headers whose text was flattened by hand and signed by openssl. */
function byOpenssl(flat: string): Record<string, string> {
  const tail = `accessKey=${vendor.accesskey}&nonce=${vendor.nonce}&timestamp=${vendor.timestamp}`;
  const input = flat === "" ? tail : `${flat}&${tail}`;
  const out = execFileSync("openssl", ["dgst", "-sha256", "-hmac", secret, "-r"], {
    input,
    encoding: "utf8",
  });
  return { ...vendor, sign: out.slice(0, 64) };
}

describe("the verifier", () => {
  it("accepts the vendor's own example", () => {
    expect(verifier().check(request(vendor, vendorBody), at)).toBeNull();
    expect(verifier().check(request(vendor, vendorBody.replace("24", "25")), at)).toMatchObject({
      code: "8521",
    });
  });

  it.each([
    ["nothing", "", null, []],
    [
      "a query, sorted by name",
      "a=1&b=2&sn=R331",
      null,
      [
        ["sn", "R331"],
        ["b", "2"],
        ["a", "1"],
      ],
    ],
    ["a query value with a space", "sn=x y", null, [["sn", "x y"]]],
    ["an empty object", "", "{}", []],
    ["nested objects", "a.b.c=1&d=x", '{"d":"x","a":{"b":{"c":1}}}', []],
    ["lists", "l[0]=1&l[1]=2", '{"l":[1,2]}', []],
    ["lists of objects", "l[0].a=1&l[0].b=2&l[1].a=3", '{"l":[{"b":2,"a":1},{"a":3}]}', []],
    ["true, false and null", "f=false&n=null&t=true", '{"t":true,"f":false,"n":null}', []],
    ["capital letters before small ones", "B=1&a=2", '{"a":2,"B":1}', []],
    [
      "ten items, sorted as text",
      `${Array.from({ length: 11 }, (_, i) => `l[${i}]=0`)
        .sort()
        .join("&")}`,
      `{"l":[${Array(11).fill(0)}]}`,
      [],
    ],
  ] as const)("accepts what openssl signed: %s", (_, flat, body, query) => {
    const headers: Record<string, string> = {
      ...byOpenssl(flat),
      ...(body !== null && { "content-type": "application/json" }),
    };
    expect(verifier().check(request(headers, body, query), at)).toBeNull();
    const changed = {
      ...headers,
      sign: headers["sign"]!.replace(/^./, (first) => (first === "0" ? "1" : "0")),
    };
    expect(verifier().check(request(changed, body, query), at)).toMatchObject({ code: "8521" });
  });

  it("forgets a nonce once its timestamp would be stale", () => {
    const one = verifier();
    expect(one.check(request(vendor, vendorBody), at)).toBeNull();
    expect(one.check(request(vendor, vendorBody), at + 1_000)).toMatchObject({ why: /used before/ });
    const later = { ...vendor, timestamp: String(at + 700_000) };
    expect(one.check(request(later, vendorBody), at + 700_000)).toMatchObject({ why: /does not belong/ });
  });

  it("refuses a body that is no object, and headers that are missing", () => {
    for (const body of ["", "[]", "null", "{"])
      expect(verifier().check(request(vendor, body), at)).toMatchObject({
        why: "the body is not a JSON object",
      });
    expect(verifier().check(request({}, null), at)).toMatchObject({ code: "8513" });
    expect(verifier().check(request({ accesskey: vendor.accesskey }, null), at)).toMatchObject({
      code: "8521",
    });
  });
});
