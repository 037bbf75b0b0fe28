// Walks one case from its draft to the certificate with a client generated from the API's description.
// usage: node walk.js ADDRESS PEOPLE.json; the last line that it prints is the result as JSON.

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import createClient, { type Client } from "openapi-fetch";
import type { paths } from "./api.js";

type Program = Client<paths>;
type Login = { role: string; name: string; token: string };

const [address, peopleFile] = process.argv.slice(2) as [string, string];
const people = JSON.parse(readFileSync(peopleFile, "utf8")) as {
  logins: Login[];
  application_id: number;
  organisation_id: number;
};
const path = { application_id: people.application_id };

// The default headers of fetch ask for packed answers; nothing is set here but the token.
function program(login?: Login): Program {
  const headers = login ? { Authorization: `Bearer ${login.token}` } : {};
  return createClient<paths>({ baseUrl: address, headers });
}

function of(role: string): Login[] {
  return people.logins.filter((one) => one.role === role);
}

async function done<T>(asked: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await asked;
  if (data === undefined) throw new Error(`${response.url}: ${response.status} ${JSON.stringify(error)}`);
  return data;
}

// What a change of the case must name: the tag exactly as the last answer bore it, and a new key.
async function seen(who: Program) {
  const { response } = await who.GET("/api/v1/applications/{application_id}", { params: { path } });
  const tag = response.headers.get("ETag");
  if (tag === null) throw new Error("the case has no tag");
  return { "If-Match": tag, "Idempotency-Key": randomUUID() };
}

const open = program();
const editor = program(of("centre_editor")[0]);
const manager = program(of("centre_manager")[0]);
const office = program(of("coordinator")[0]);
const decider = program(of("decision_maker")[0]);
const auditors = of("auditor").slice(0, 2);
const lead = program(auditors[0]);

async function fill(): Promise<void> {
  const said = { organisation_id: people.organisation_id, title: "Uchwała Rady Gminy", kind: "resolution" };
  const file = new Blob(["Uchwała nr 7 Rady Gminy w sprawie strategii.\n"]);
  const piece = await done(
    editor.POST("/api/v1/evidence", {
      params: { header: { "Idempotency-Key": randomUUID() } },
      body: { file: "", meta: said },
      bodySerializer: (body) => {
        const form = new FormData();
        form.append("file", file, "uchwała.txt");
        form.append("meta", JSON.stringify(body.meta));
        return form;
      },
    }),
  );
  const application = await done(editor.GET("/api/v1/applications/{application_id}", { params: { path } }));
  const standard = await done(
    open.GET("/api/v1/rubrics/{scheme}/{version}", {
      params: { path: { scheme: application.scheme, version: application.rubric_version } },
    }),
  );
  const criteria = standard.areas.flatMap((area) => area.criteria);
  const answers = await done(editor.GET("/api/v1/applications/{application_id}/answers", { params: { path } }));
  for (const { id } of answers.items) {
    const place = { ...path, criterion_id: id };
    const read = await editor.GET("/api/v1/applications/{application_id}/answers/{criterion_id}", {
      params: { path: place },
    });
    const indicators = criteria.find((one) => one.id === id)?.indicators ?? [];
    const narratives = Object.fromEntries(
      indicators.map((one) => [one.id, "Działamy stale; opis jest w załączniku."]),
    );
    await done(
      editor.PUT("/api/v1/applications/{application_id}/answers/{criterion_id}", {
        params: { path: place, header: { "If-Match": read.response.headers.get("ETag") ?? "" } },
        body: { points: 2, narratives },
      }),
    );
    await done(
      editor.POST("/api/v1/applications/{application_id}/evidence-links", {
        params: { path, header: { "Idempotency-Key": randomUUID() } },
        body: { evidence_id: piece.id, criterion: id },
      }),
    );
  }
}

async function gather(): Promise<void> {
  await done(
    manager.POST("/api/v1/applications/{application_id}/actions/submit", {
      params: { path, header: await seen(manager) },
      body: {},
    }),
  );
  await done(
    office.POST("/api/v1/applications/{application_id}/actions/accept", {
      params: { path, header: await seen(office) },
      body: {},
    }),
  );
  const known = await done(office.GET("/api/v1/auditors"));
  for (const [place, login] of auditors.entries()) {
    const auditor = known.items.find((one) => one.name === login.name);
    if (auditor === undefined) throw new Error(`${login.name} is no auditor`);
    const appointed = await done(
      office.POST("/api/v1/applications/{application_id}/assignments", {
        params: { path, header: await seen(office) },
        body: { auditor_id: auditor.id, lead: place === 0 },
      }),
    );
    const mine = program(login);
    await done(
      mine.POST("/api/v1/applications/{application_id}/assignments/{assignment_id}/declaration", {
        params: { path: { ...path, assignment_id: appointed.id }, header: await seen(mine) },
        body: { tie: false },
      }),
    );
  }
  await done(
    manager.POST("/api/v1/applications/{application_id}/actions/agree_team", {
      params: { path, header: await seen(manager) },
      body: {},
    }),
  );
  await done(
    office.POST("/api/v1/applications/{application_id}/actions/start_audit", {
      params: { path, header: await seen(office) },
      body: {},
    }),
  );
}

async function audit(): Promise<void> {
  for (const login of auditors) {
    const auditor = program(login);
    const submission = await done(
      auditor.GET("/api/v1/applications/{application_id}/submission", { params: { path } }),
    );
    for (const criterion of Object.keys(submission.answers)) {
      const place = { ...path, criterion_id: criterion };
      const { response } = await auditor.GET("/api/v1/applications/{application_id}/scores/{criterion_id}", {
        params: { path: place },
      });
      await done(
        auditor.PUT("/api/v1/applications/{application_id}/scores/{criterion_id}", {
          params: { path: place, header: { "If-Match": response.headers.get("ETag") ?? "" } },
          body: { points: 2, reason: "" },
        }),
      );
    }
    await done(
      auditor.POST("/api/v1/applications/{application_id}/actions/hand_in", {
        params: { path, header: await seen(auditor) },
        body: {},
      }),
    );
  }
  await done(
    lead.POST("/api/v1/applications/{application_id}/actions/record_visit", {
      params: { path, header: await seen(lead) },
      body: { held_on: new Date().toISOString().slice(0, 10), minutes: "Rozmowy i obejście ośrodka." },
    }),
  );
  await done(
    lead.POST("/api/v1/applications/{application_id}/actions/close_scoring", {
      params: { path, header: await seen(lead) },
      body: {},
    }),
  );
  const summary = "Ośrodek pracuje ze społecznością lokalną w sposób stały i opisany.";
  await done(
    lead.POST("/api/v1/applications/{application_id}/actions/send_report", {
      params: { path, header: await seen(lead) },
      body: { summary },
    }),
  );
  await done(
    manager.POST("/api/v1/applications/{application_id}/actions/end_hearing", {
      params: { path, header: await seen(manager) },
      body: {},
    }),
  );
  await done(
    lead.POST("/api/v1/applications/{application_id}/actions/finalise", {
      params: { path, header: await seen(lead) },
      body: { summary },
    }),
  );
}

async function decide(): Promise<void> {
  const result = await done(decider.GET("/api/v1/applications/{application_id}/trace", { params: { path } }));
  const reasons = "Zespół audytorów potwierdził spełnienie wymagań standardu.";
  await done(
    decider.POST("/api/v1/applications/{application_id}/actions/grant", {
      params: { path, header: await seen(decider) },
      body: { outcome: result.outcome ?? "", reasons },
    }),
  );
  await done(
    office.POST("/api/v1/applications/{application_id}/actions/issue", {
      params: { path, header: await seen(office) },
      body: {},
    }),
  );
}

async function check(): Promise<void> {
  const [found] = (await done(open.GET("/api/v1/certificates"))).items;
  if (found === undefined) throw new Error("the register is empty");
  const byNumber = await done(open.POST("/api/v1/verify", { body: { number: found.number } }));
  const pdf = await done(
    open.GET("/api/v1/certificates/{path_number}/pdf", {
      params: { path: { path_number: found.id } },
      parseAs: "arrayBuffer",
    }),
  );
  const byFile = await done(
    open.POST("/api/v1/verify", {
      body: { pdf: "" },
      bodySerializer: () => {
        const form = new FormData();
        form.append("pdf", new Blob([pdf]), "certificate.pdf");
        return form;
      },
    }),
  );
  console.log(JSON.stringify({ number: found.number, by_number: byNumber.answer, by_file: byFile.answer }));
}

await fill();
await gather();
await audit();
await decide();
await check();
