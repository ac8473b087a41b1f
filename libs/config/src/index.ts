export { Settings, declareSettings, declaredSettings, setting } from './settings.js';
export type { SettingDeclaration, SettingsGroup } from './settings.js';
export { marketSettings } from './market.config.js';
export { ConfigModule } from './config.module.js';
