/** What the person's own AWS configuration says beside credentials. */

export interface AwsProfile {
  region?: string | undefined;
  /** `endpoint_url` of S3 in the profile's `services` section, else of the profile. */
  endpoint?: string | undefined;
  /** Keys stand in it, which people replace by hand. */
  hasKeys?: boolean;
  /** `ca_bundle` */
  ca?: string | undefined;
}

/** Read anew each time: people mend these files while the program runs. Null where there is no such profile. */
export async function readAwsProfile(name: string): Promise<AwsProfile | null> {
  // An instance without a bucket does not wait for it.
  const { loadSharedConfigFiles } = await import('@smithy/core/config');
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  const inCredentials = Object.hasOwn(credentialsFile, name) ? credentialsFile[name] : undefined;
  const inConfig = Object.hasOwn(configFile, name) ? configFile[name] : undefined;
  if (inConfig === undefined && inCredentials === undefined) return null;
  const told = { ...inCredentials, ...inConfig };
  const services = configFile[`services.${told['services'] ?? ''}`];
  const isIgnored = told['ignore_configured_endpoint_urls']?.toLowerCase() === 'true';
  return {
    region: told['region'],
    endpoint: isIgnored ? undefined : (services?.['s3.endpoint_url'] ?? told['endpoint_url']),
    hasKeys: told['aws_access_key_id'] !== undefined,
    ca: told['ca_bundle'],
  };
}
