import type { AppContext } from '../shell/app-context.ts';

/** By the host's own dialog; `in-window` where it has none, null if the person closed the dialog. */
export async function pickFolder(app: AppContext): Promise<{ path: string } | 'in-window' | null> {
  if (!app.capabilities.folder_picker) return 'in-window';
  const { path } = await app.client.host.pickFolder({});
  return path === null ? null : { path };
}
