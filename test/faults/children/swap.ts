/** Swaps a name between what it is and a symbolic link to something else, as fast as it can (arguments: name, real, link). */
import { existsSync, renameSync } from 'node:fs';

const [name = '', stop = ''] = process.argv.slice(2);
let swaps = 0;
while (!existsSync(stop)) {
  // Both stand ready beside it: each swap is two renames.
  renameSync(name, `${name}.real`);
  renameSync(`${name}.link`, name);
  renameSync(name, `${name}.link`);
  renameSync(`${name}.real`, name);
  swaps += 1;
}
process.stdout.write(String(swaps));
