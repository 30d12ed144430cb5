/** Links that lead outside: to a few known sites in the person's browser, all others only as text to copy (item 15). */
import type { Clipboard, Dialog, Shell } from 'electron';

/** The documentation of the terms Benchkeep uses, and the ontologies' own sites. */
const KNOWN_HOSTS: ReadonlySet<string> = new Set([
  'docs.lamin.ai',
  'obofoundry.org',
  'purl.obolibrary.org',
  'www.ebi.ac.uk',
]);

export interface LinkContext {
  shell: Pick<Shell, 'openExternal'>;
  dialog: Pick<Dialog, 'showMessageBox'>;
  clipboard: Pick<Clipboard, 'writeText'>;
}

/** Anything but http and https is dropped without a word: no page of ours has such a link. */
export async function openLink({ shell, dialog, clipboard }: LinkContext, text: string): Promise<void> {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return;
  const plain = url.username === '' && url.password === '' && url.port === '';
  if (url.protocol === 'https:' && plain && KNOWN_HOSTS.has(url.hostname)) {
    await shell.openExternal(url.href);
    return;
  }
  const { response } = await dialog.showMessageBox({
    type: 'question',
    message: 'This link leads outside Benchkeep.',
    detail: `Copy it to open it in your browser:\n${url.href.slice(0, 500)}`,
    buttons: ['Copy link', 'Cancel'],
    defaultId: 1,
    cancelId: 1,
  });
  if (response === 0) await clipboard.writeText(url.href);
}
