/** Registers files one by one in an instance on the given disk and tells each that was confirmed, until it is stopped. */
import { writeSync } from 'node:fs';
import { makeInstance, put } from '../crash/crash-bench.ts';

const [disk = '', synchronous = 'FULL'] = process.argv.slice(2);
const bench = await makeInstance(disk);
if (synchronous !== 'AS-IT-IS') {
  bench.context.registry.sqlite.pragma(`synchronous = ${synchronous}`);
  bench.context.workstation.sqlite.pragma(`synchronous = ${synchronous}`);
}
// What was there before is on the disk for sure; what is asked is what becomes of the commits from here on.
bench.context.registry.sqlite.pragma('wal_checkpoint(TRUNCATE)');
for (let n = 0; ; n++) {
  put(disk, `${String(n)}.csv`, `row ${String(n)}\n`);
  await bench.pass();
  writeSync(1, `ACK ${String(n)}.csv\n`);
}
