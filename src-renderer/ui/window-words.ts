/**
 * What the engine says, in the words of this window: its remedies name commands, for the people who gave one. Here the
 * place is said instead where the same is done, and a sentence that is of the command line alone is left out.
 */

/** The longest that fits counts. */
const PLACES: Readonly<Record<string, string>> = {
  storage: 'under Storage places',
  'storage test': 'under Storage places, with “Test connection”',
  'storage tree': 'under Storage places, with “Show contents”',
  transfers: 'under Transfers',
  upload: 'with “Upload to cloud”',
  cache: 'with “Get a copy here”',
  'bring-back': 'with “Bring back”',
  free: 'with “Free up space here”',
  settings: 'under Settings',
  backup: 'under Settings',
  publish: 'under Settings',
  doctor: 'under Settings',
  verify: 'under Settings',
  init: 'on the first screen',
  connect: 'on the first screen',
  instances: 'on the first screen',
  watch: 'under Folders we watch',
  label: 'under Labels & terms',
  view: 'under History',
  undo: 'under History',
  log: 'under History',
  restore: 'under Trash',
  inbox: 'under Files, in the strip above them',
};
const ELSEWHERE = 'under Files';
/** Commands that remedies name. A folder may be called "benchkeep runs". */
const COMMANDS = [
  ...new Set(Object.keys(PLACES).map((command) => command.split(' ')[0] ?? '')),
  ...['list', 'save', 'edit', 'versions', 'revert', 'describe', 'locate', 'delete', 'replace', 'path', 'open', 'info'],
].join('|');
const OPTION =
  /(?:^|[\s(])--(?:link|watch|once|db|force|key|description|move|revises|new|storage|profile|published|beside|repair|registry|to|search|is-type)\b/;

/** Behind a command stands what it is given, up to the end of the sentence. */
const COMMAND = new RegExp(
  String.raw`,?(?:\s+(?:with|by))?:?\s+benchkeep\s+((?:${COMMANDS})\b(?:\s[a-z-]+)?)(?:(?![.;](?:\s+[A-Z“"(]|\s*$))[\s\S])*`,
  'g',
);
/** Said beside words that say the same. Other programs' commands stay: there is no window for them. */
const ASIDE = /\s*\((?:see |look: )?(?:benchkeep |storage sign-in |--)[^()]*\)/g;

/** Of options alone; what is longer first. */
const OPTIONS: readonly [RegExp, string][] = [
  [/: benchkeep connect ROOT --published/g, ', look under Settings'],
  [/Add it with --link, and without --watch/g, 'Add it as linked, without having it watched'],
  [/Leave --watch out/g, 'Do not have it watched'],
  [/Leave --db out: the registry is then/g, 'Choose none: the registry is'],
  [/\bwith --link\b/g, 'as linked'],
  [/: leave out --move\b/g, ', and leave the file where it is'],
  [/\bwithout --revises\b/g, 'as a file of its own'],
  [/Use --new to keep both/g, 'You can add it again and keep both'],
  [/Give --key \(for example --key [^)]*\) or --description/g, 'Give it a name in the registry, or a description'],
  [/ with --key \S+?(?=[.,;]?(?:\s|$))/g, ''],
  [/, or with --profile NAME/g, ''],
  [/: --storage no\b/g, ''],
  [/, give --force/g, ', say so there'],
  [/, or give --force: then/g, ', or remove it all the same: then'],
  [/ ?Public buckets: add \?anonymous=true\./g, ' If the bucket is public, add it as that.'],
  [/: …\?region=(\S+) behind its address\./g, ' in the form of the bucket ($1).'],
  [/: …[?&]addressing_style=\w+ behind its address\./g, ' in the form of the bucket.'],
  [/, with keys(?: or)?(?=\.|$)/g, ''],
];

export function inWindowWords(text: string): string {
  const aside = text.replace(ASIDE, '');
  const plain = OPTIONS.reduce((left, [look, instead]) => left.replace(look, instead), aside);
  const said = plain.replace(COMMAND, (_whole, command: string) => ` ${placeOf(command)}`);
  return sentencesOf(said)
    .filter((sentence) => !isOfCommandLine(sentence))
    .join(' ')
    .trim();
}

function placeOf(command: string): string {
  const [first = ''] = command.split(' ');
  return PLACES[command] ?? PLACES[first] ?? ELSEWHERE;
}

function sentencesOf(text: string): string[] {
  return text.split(/(?<=[.!?])\s+(?=[A-Z“"])/);
}

const OWN_COMMAND = new RegExp(String.raw`\bbenchkeep (?:${COMMANDS})\b`);

/** What nobody thought of yet: it is better not said. */
function isOfCommandLine(sentence: string): boolean {
  const own = sentence.replace(/\b(?:aws|gcloud) [^.;)]*/g, '');
  return OWN_COMMAND.test(own) || OPTION.test(own);
}
