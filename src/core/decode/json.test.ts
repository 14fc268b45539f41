/** Every JSON shape of docs/protocol.md, and the bodies that have no values. */
import { describe, expect, it } from "vitest";
import { readJson } from "./json.ts";

describe("JSON of a station", () => {
  it.each([
    ["the app's push", { params: { "pd.soc": 5 } }, [{ message: null, fields: { "pd.soc": 5 } }]],
    [
      "the developer API by typeCode",
      {
        id: 1,
        version: "1.0",
        timestamp: 7,
        moduleType: 1,
        typeCode: "invStatus",
        params: { acInVol: 230_000 },
      },
      [{ message: null, fields: { "inv.acInVol": 230_000 } }],
    ],
    [
      "an extra pack of the developer API",
      { typeCode: "bmsSlaveStatus_2", params: { soc: 67 } },
      [{ message: null, fields: { "bms_slave_bmsSlaveStatus_2.soc": 67 } }],
    ],
    [
      "PowerStream's cmdFunc",
      { cmdFunc: 20, cmdId: 1, param: { batSoc: 9 } },
      [{ message: "20_1", fields: { batSoc: 9 } }],
    ],
    [
      "Delta Pro Ultra's address",
      { addr: "hs_yj751_pd_appshow_addr", param: { soc: 60 } },
      [{ message: "hs_yj751_pd_appshow_addr", fields: { soc: 60 } }],
    ],
    [
      "quota/all of a Delta Pro Ultra",
      { code: "0", message: "Success", data: { "hs_yj751_pd_appshow_addr.soc": 60, other: 1 } },
      [
        { message: "hs_yj751_pd_appshow_addr", fields: { soc: 60 } },
        { message: null, fields: { other: 1 } },
      ],
    ],
    ["flat camelCase", { cmsBattSoc: 5 }, [{ message: null, fields: { cmsBattSoc: 5 } }]],
    [
      "a nested object",
      { bms_bmsStatus: { soc: 85 } },
      [{ message: null, fields: { bms_bmsStatus: { soc: 85 }, "bms_bmsStatus.soc": 85 } }],
    ],
    [
      "messages by their names",
      { DisplayPropertyUpload: { powGetAcIn: 5 }, BMSHeartBeatReport1: { num: 1 } },
      [
        { message: "DisplayPropertyUpload", fields: { powGetAcIn: 5 } },
        { message: "BMSHeartBeatReport1", fields: { num: 1 } },
      ],
    ],
    [
      "a heartbeat without its name",
      { num: 1, soc: 5, maxCellVol: 3_300 },
      [{ message: null, fields: { num: 1, soc: 5, maxCellVol: 3_300 } }],
    ],
    [
      "a system heartbeat without its name",
      { v1p0: { lcdShowSoc: 5 } },
      [{ message: null, fields: { v1p0: { lcdShowSoc: 5 }, "v1p0.lcdShowSoc": 5 } }],
    ],
    [
      "a typeCode beside the address and command of the module",
      { addr: "ems", cmdFunc: 32, cmdId: 2, typeCode: "emsStatus", params: { lcdShowSoc: 5 } },
      [{ message: null, fields: { "bms_emsStatus.lcdShowSoc": 5 } }],
    ],
    [
      "a typeCode with `param`",
      { typeCode: "pdStatus", param: { soc: 5 }, params: {} },
      [{ message: null, fields: { "pd.soc": 5 } }],
    ],
    [
      "a command with `params`, and an address that names no message",
      { addr: "inv", cmdFunc: 20, cmdId: 1, params: { batSoc: 9 } },
      [{ message: "20_1", fields: { batSoc: 9 } }],
    ],
    [
      "`param` and `params`, each with a part of it",
      { cmdFunc: 254, cmdId: 21, param: { cmsBattSoc: 5 }, params: { powGetAcIn: 7 } },
      [{ message: null, fields: { powGetAcIn: 7, cmsBattSoc: 5 } }],
    ],
    [
      "modules nested by their typeCode",
      { params: { pdStatus: { soc: 5 }, "bmsSlaveStatus_2.soc": 6 } },
      [
        {
          message: null,
          fields: { pdStatus: { soc: 5 }, "pd.soc": 5, "bms_slave_bmsSlaveStatus_2.soc": 6 },
        },
      ],
    ],
    ["a message within `data`", { data: { params: { cmsBattSoc: 5 } } }, [{ fields: { cmsBattSoc: 5 } }]],
    [
      "`data` within `data`",
      { code: "0", data: { data: { cmsBattSoc: 5 } } },
      [{ fields: { cmsBattSoc: 5 } }],
    ],
    [
      "a module's message within `data`",
      { data: { typeCode: "invStatus", params: { acInVol: 0 } } },
      [{ fields: { "inv.acInVol": 0 } }],
    ],
    ["a bare map of a snapshot", { quotaMap: { "pd.soc": 5 } }, [{ fields: { "pd.soc": 5 } }]],
    [
      "a snapshot without a map of its own",
      { operateType: "latestQuotas", code: "0", data: { "pd.soc": 5 } },
      [{ fields: { "pd.soc": 5 } }],
    ],
    ["a code that is null", { code: null, data: { "pd.soc": 5 } }, [{ fields: { "pd.soc": 5 } }]],
  ])("%s", (_, payload, parts) => {
    expect(readJson(payload)).toMatchObject({ parts });
  });

  it("nesting without end, and names of the language itself, are only fields", () => {
    let deep: unknown = { "pd.soc": 5 };
    for (let i = 0; i < 5_000; i++) deep = { data: deep };
    expect(readJson(deep)).toBeDefined();
    const odd = JSON.parse(
      '{"typeCode":"__proto__","params":{"__proto__":{"soc":1},"constructor":{"soc":1}}}',
    );
    expect(readJson(odd)).toHaveProperty("parts");
    expect({}).not.toHaveProperty("soc");
  });

  it("the station's name and time beside the values, the time also as text", () => {
    const push = { sn: "R331X", timestamp: "1750000000000", params: { "pd.soc": 5 } };
    expect(readJson(push)).toMatchObject({ serial: "R331X", timestamp: 1_750_000_000_000, reply: false });
    expect(readJson({ timestamp: "soon", params: { "pd.soc": 5 } })).toMatchObject({ timestamp: null });
  });

  it("a snapshot is a reply, a push is none", () => {
    const snapshot = {
      operateType: "latestQuotas",
      code: "0",
      data: { sn: "R331X", productType: 80, quotaMap: { "pd.soc": 1 } },
    };
    expect(readJson(snapshot)).toMatchObject({ reply: true, serial: "R331X", productType: 80 });
    expect(readJson({ params: { "pd.soc": 1 }, timestamp: 9 })).toMatchObject({ reply: false, timestamp: 9 });
  });

  it.each([
    ["a request", { from: "Android", id: "1", operateType: "latestQuotas", params: {} }, "a request"],
    ["a set message", { from: "iOS", operateType: "TCP", params: { id: 68 } }, "a request"],
    ["a reply without data", { operateType: "TCP", code: "0", data: { ack: 1 } }, "a reply without data"],
    [
      "an error body",
      { code: "8521", message: "signature is wrong" },
      "an error body: code 8521, signature is wrong",
    ],
    [
      "a command by its code",
      { sn: "HW51X", cmdCode: "WN511_X", params: { permanentWatts: 1 } },
      "a request or command",
    ],
    [
      "a command by its set",
      { sn: "X", params: { cmdSet: 32, id: 66, quotas: ["pd.soc"] } },
      "a request or command",
    ],
    ["an acknowledgement", { id: 1, code: "0", data: { ack: false } }, "a reply without data"],
    ["credentials", { code: "0", data: { certificateAccount: "open-x" } }, "credentials"],
    ["presence", { id: "1", version: "1.0", params: { status: 0 } }, "presence"],
    [
      "a set message of the developer API by its command",
      { sn: "MR51X", cmdFunc: 254, cmdId: 17, params: { cmsMaxChgSoc: 90 } },
      "a request or command",
    ],
    [
      "the answer to it",
      { cmdFunc: 254, cmdId: 18, param: { cmsMaxChgSoc: 90, configOk: true } },
      "a request or command",
    ],
    ["a set reply of a station that is away", { operateType: "acOutCfg", code: -2, data: {} }, "code -2"],
    [
      "a snapshot that says nothing",
      { operateType: "latestQuotas", code: "0", data: {} },
      "a reply without data",
    ],
    ["no object", [1], "JSON, but no object"],
    ["nothing", {}, "JSON without any value"],
  ])("%s gives no reading, and says why", (_, payload, reason) => {
    const answer = readJson(payload);
    expect("unknown" in answer ? answer.unknown : "").toContain(reason);
  });
});
