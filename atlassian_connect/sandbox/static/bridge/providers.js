// How the library is told that we show its dialogs, flags and menus ourselves.

export function registerProvider(name, provider) {
  connectHost.getFrameworkAdaptor().registerModule({
    getModuleRegistrationName: () => name,
    isEnabled: () => true,
    getProvider: () => provider,
  });
}
