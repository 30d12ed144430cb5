/**
 * Holds the direction of imports (docs/architecture.md): type imports, dynamic imports, re-exports and `.svelte` files
 * count too. `node .ci/check-imports.ts [FOLDER]` prints each wrong one as `file:line  what is wrong`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix, relative, resolve, sep } from 'node:path';
import process from 'node:process';
import ts from 'typescript';

/** From the top down: a folder may import its own layer's row (features: by index.ts) and those below it. */
const LAYERS: readonly (readonly string[])[] = [
  ['hosts'],
  ['engine'],
  [
    'instance',
    'artifacts',
    'watching',
    'scrubbing',
    'annotation',
    'history',
    'provenance',
    'transfers',
    'curation',
    'ontologies',
    'formats',
    'exchange',
  ],
  ['registry', 'workstation', 'storage'],
  ['ports'],
];
const FEATURES = 2;

const builtin = new Set(builtinModules);

export interface WrongImport {
  /** Path below the root, with `/`. */
  file: string;
  line: number;
  message: string;
}

interface Import {
  target: string;
  line: number;
}

export function checkImports(root: string): WrongImport[] {
  return ['shared', 'src-main', 'src-renderer']
    .flatMap((top) => sourceFiles(join(root, top)))
    .flatMap((path) => {
      const file = relative(root, path).split(sep).join('/');
      return readImports(path).flatMap(({ target, line }) => {
        const message = judge(file, target);
        return message === null ? [] : [{ file, line, message }];
      });
    });
}

/** What is wrong with `file` importing `target`, or null. Both as in the source: a path below the root, a specifier. */
function judge(file: string, target: string): string | null {
  const [top = ''] = file.split('/');
  if (!target.startsWith('.')) return judgePackage(file, top, target);
  const imported = posix.normalize(posix.join(posix.dirname(file), target.replace(/[?#].*$/, '')));
  const [importedTop = ''] = imported.split('/');
  if (importedTop === 'shared') return null;
  if (top === 'shared') return `shared imports ${imported}: it may import shared only`;
  if (importedTop !== top) return `${top} imports ${imported}: only shared is common`;
  return top === 'src-main' ? judgeLayers(file, imported) : null;
}

function judgePackage(file: string, top: string, target: string): string | null {
  const isNode = target.startsWith('node:') || builtin.has(target);
  if (isNode && top !== 'src-main') return `${top} imports ${target}: it runs without Node`;
  const isElectron = target === 'electron' || target.startsWith('electron/');
  if (isElectron && !file.startsWith('src-main/hosts/electron/'))
    return `${target} is for src-main/hosts/electron only`;
  return null;
}

function judgeLayers(file: string, imported: string): string | null {
  const [, from = '', ...rest] = file.split('/');
  const [, to = '', ...inside] = imported.split('/');
  if (from === to) return null;
  const fromLayer = layerOf(from);
  const toLayer = layerOf(to);
  if (rest.length === 0) return `${file} lies in no layer: put it into a folder`;
  if (fromLayer < 0) return `${from} is in no layer: name it in .ci/check-imports.ts and docs/architecture.md`;
  if (toLayer < 0) return `${to} is in no layer: name it in .ci/check-imports.ts and docs/architecture.md`;
  if (toLayer < fromLayer) return `${from} imports ${imported}: imports point from hosts down to ports`;
  const isFeature = fromLayer === FEATURES && toLayer === FEATURES;
  if (isFeature && inside.join('/') !== 'index.ts')
    return `${from} imports ${imported}: a feature is used by its index.ts`;
  return null;
}

function layerOf(folder: string): number {
  return LAYERS.findIndex((layer) => layer.includes(folder));
}

function sourceFiles(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|mts|js|mjs|svelte)$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readImports(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  const source = ts.createSourceFile(path, path.endsWith('.svelte') ? scriptsOf(text) : text, ts.ScriptTarget.Latest);
  const found: Import[] = [];
  const note = (node: ts.Node | undefined): void => {
    if (node === undefined || !ts.isStringLiteralLike(node)) return;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push({ target: node.text, line: line + 1 });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) note(node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) note(node.argument.literal);
    else if (ts.isCallExpression(node) && isImportCall(node)) note(node.arguments[0]);
    else if (ts.isNewExpression(node) && isUrlBesideModule(node, source)) note(node.arguments?.[0]);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function isImportCall({ expression }: ts.CallExpression): boolean {
  return (
    expression.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(expression) && expression.text === 'require')
  );
}

/** `new URL('./worker.ts', import.meta.url)`: how workers are named. */
function isUrlBesideModule(node: ts.NewExpression, source: ts.SourceFile): boolean {
  return node.expression.getText(source) === 'URL' && node.arguments?.[1]?.getText(source) === 'import.meta.url';
}

/** The script blocks at their places, everything else blank, so that lines stay right. */
function scriptsOf(component: string): string {
  let scripts = component.replace(/[^\n]/g, ' ');
  for (const match of component.matchAll(/(?<open><script\b[^>]*>)(?<code>[\s\S]*?)<\/script>/g)) {
    const { open = '', code = '' } = match.groups ?? {};
    const start = match.index + open.length;
    scripts = scripts.slice(0, start) + code + scripts.slice(start + code.length);
  }
  // Markup can import too: {#await import('./Chart.svelte')}.
  for (const match of component.matchAll(/\bimport\(\s*(['"])[^'"]+\1\s*\)/g)) {
    if (scripts.slice(match.index, match.index + match[0].length).trim() !== '') continue;
    scripts = scripts.slice(0, match.index - 1) + `;${match[0]}` + scripts.slice(match.index + match[0].length);
  }
  return scripts;
}

if (import.meta.main) {
  const wrong = checkImports(resolve(process.argv[2] ?? join(import.meta.dirname, '..')));
  for (const { file, line, message } of wrong) process.stdout.write(`${file}:${String(line)}  ${message}\n`);
  process.exitCode = wrong.length > 0 ? 1 : 0;
}
