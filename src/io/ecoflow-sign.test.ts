/** The developer interface's signature, held against the vendor's own example. */
import { describe, expect, it } from "vitest";
import { flatText, signedHeaders } from "./ecoflow-sign.ts";

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
