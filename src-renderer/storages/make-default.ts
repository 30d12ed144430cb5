/** Makes a place the default one, with the switch that says what this means for new files. */
import type { AppContext } from '../shell/app-context.ts';

/** The switch first: no file that is added meanwhile goes where the person did not want it. Rejects where either does. */
export async function makeDefault(app: AppContext, storage: string, keepLocal: boolean | null): Promise<void> {
  if (keepLocal !== null) await app.client.settings.set({ keep_artifacts_local: keepLocal });
  await app.client.storages.use({ storage });
}
