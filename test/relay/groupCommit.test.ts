import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { GroupCommit } from "../../relay/store/groupCommit.ts";

const setUp = (onBroken: (error: unknown) => void = (error) => expect.fail(String(error))) => {
  const db = new DatabaseSync(":memory:");
  db.exec("create table fact(n integer primary key)");
  const group = new GroupCommit(db, onBroken);
  const insert = (n: number) => group.write(() => void db.prepare("insert into fact values(?)").run(n));
  const count = () => (db.prepare("select count(*) as n from fact").get() as { n: number }).n;
  return { group, insert, count };
};

it("answers go out after the writes they depend on are in a finished transaction, in their order", async () => {
  const { group, insert, count } = setUp();
  const said: string[] = [];
  insert(1);
  group.afterwards(() => said.push(`first, with ${count()} facts`));
  insert(2);
  await new Promise<void>((resolve) => {
    group.afterwards(() => {
      said.push(`second, with ${count()} facts`);
      resolve();
    });
    expect(said).toEqual([]);
    expect(count()).toBe(0);
  });
  expect(said).toEqual(["first, with 2 facts", "second, with 2 facts"]);
});

it("a write that an answer causes is answered in the next group", async () => {
  const { group, insert, count } = setUp();
  const counts: number[] = [];
  insert(1);
  await new Promise<void>((resolve) =>
    group.afterwards(() => {
      insert(2);
      counts.push(count());
      group.afterwards(() => {
        counts.push(count());
        resolve();
      });
    }),
  );
  expect(counts).toEqual([1, 2]);
});

it("a group that the disk refuses is answered to nobody", () => {
  const broken: unknown[] = [];
  const { group, insert } = setUp((error) => broken.push(error));
  insert(1);
  insert(1);
  group.afterwards(() => expect.fail("acknowledged what is not on the disk"));
  group.flush();
  expect(String(broken[0])).toContain("UNIQUE");
});
