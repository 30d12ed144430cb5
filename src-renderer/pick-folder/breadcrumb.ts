/** The folders above a path, from its root on; knows `/a/b`, `C:\a\b` and `\\server\share\a`. */
export function breadcrumbOf(path: string): { name: string; path: string }[] {
  const root = /^(?:\\\\[^\\]+\\[^\\]+\\?|[A-Za-z]:[\\/]|\/)/.exec(path)?.[0] ?? '';
  const separator = root.includes('\\') ? '\\' : '/';
  const crumbs = root === '' ? [] : [{ name: root === '/' ? 'Computer' : root.replace(/\\$/, ''), path: root }];
  let at = root;
  for (const name of path.slice(root.length).split(separator)) {
    if (name === '') continue;
    at = at === '' || at.endsWith(separator) ? at + name : at + separator + name;
    crumbs.push({ name, path: at });
  }
  return crumbs;
}
