export { Settings, declareSettings, declaredSettings, processEnvironment, setting } from './settings.js';
export type { Environment, SettingDeclaration, SettingsGroup } from './settings.js';
export { marketSettings } from './market.config.js';
export { ConfigModule } from './config.module.js';
