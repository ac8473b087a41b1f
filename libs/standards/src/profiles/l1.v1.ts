import type { Profile } from '../profile.js';

/** First profile: the L1 rules are checked; those of L2 and L3 are named, and stay "not checked" until they are. */
export const L1_V1: Profile = {
  id: 'bodega-embodied',
  version: 1,
  title: { en: 'Bodega embodied-AI dataset profile', zh: 'Bodega 具身智能数据集规范' },
  externalStandard: null,
  rules: [
    {
      id: 'FM-1',
      level: 'L1',
      title: { en: 'the files conform to their own format', zh: '文件符合其自身格式' },
      threshold: '0 faults',
    },
    {
      id: 'ID-1',
      level: 'L1',
      title: { en: 'episodes are numbered without gap or repetition', zh: '轨迹编号唯一且连续' },
      threshold: '100 %',
    },
    {
      id: 'ID-2',
      level: 'L1',
      title: {
        en: 'every file has path, size, SHA-256 and media type; totals equal sums',
        zh: '每个文件有路径、大小、SHA-256 与类型，合计一致',
      },
      threshold: 'exact',
    },
    {
      id: 'ID-3',
      level: 'L1',
      title: { en: 'stored bytes equal the manifest', zh: '存储内容与清单一致' },
      threshold: 'exact',
    },
    {
      id: 'EM-1',
      level: 'L1',
      title: {
        en: 'the robot is named: class, maker, model, degrees of freedom',
        zh: '本体已注明：类别、厂商、型号、自由度',
      },
      threshold: '100 %',
    },
    {
      id: 'AC-1',
      level: 'L1',
      title: {
        en: 'the action has control mode, unit, and one name per dimension',
        zh: '动作注明控制模式、单位及各维名称',
      },
      threshold: '100 %',
    },
    {
      id: 'ST-1',
      level: 'L1',
      title: {
        en: 'each stream has unit, rate and shape; each camera size and codec',
        zh: '各数据流注明单位、频率、形状；相机注明分辨率与编码',
      },
      threshold: '100 %',
    },
    {
      id: 'TM-1',
      level: 'L1',
      title: { en: 'time rises strictly in every episode and stands on its grid', zh: '时间戳严格递增且对齐帧率' },
      threshold: '0 faults',
    },
    {
      id: 'TK-1',
      level: 'L1',
      title: { en: 'task family, scene and instruction text are given', zh: '任务类别、场景与指令文本齐全' },
      threshold: '100 %',
    },
    { id: 'CO-1', level: 'L1', title: { en: 'licence terms are set', zh: '许可条款已设定' }, threshold: 'all set' },
    {
      id: 'CO-2',
      level: 'L1',
      title: {
        en: 'personal data is declared, with consent where there is any',
        zh: '个人信息已声明，如有须具同意范围',
      },
      threshold: 'declared',
    },
    {
      id: 'EM-2',
      level: 'L2',
      title: { en: 'end effector per arm, robot description, firmware', zh: '末端执行器、机器人描述与固件版本' },
      threshold: '100 %',
    },
    {
      id: 'AC-2',
      level: 'L2',
      title: {
        en: 'action frame, absolute or relative, commanded or executed',
        zh: '动作坐标系、绝对或相对、指令或执行',
      },
      threshold: '100 %',
    },
    {
      id: 'ST-2',
      level: 'L2',
      title: { en: 'measured rates are the nominal ones', zh: '实测频率与标称一致' },
      threshold: 'within 5 %',
    },
    {
      id: 'TM-2',
      level: 'L2',
      title: { en: 'cameras and actions are in step', zh: '相机与动作同步' },
      threshold: 'at most 10 ms',
    },
    { id: 'TM-3', level: 'L2', title: { en: 'frames are complete', zh: '帧完整率' }, threshold: 'at least 98 %' },
    {
      id: 'TM-4',
      level: 'L2',
      title: { en: 'state and video counts agree by episode', zh: '状态与视频帧数逐条一致' },
      threshold: 'exact',
    },
    { id: 'CA-1', level: 'L2', title: { en: 'camera intrinsics', zh: '相机内参' }, threshold: '100 %' },
    { id: 'TK-2', level: 'L2', title: { en: 'outcome of each episode', zh: '每条轨迹的结果' }, threshold: '100 %' },
    {
      id: 'TK-3',
      level: 'L2',
      title: { en: 'subtask segments cover the episode', zh: '子任务分段覆盖整条轨迹' },
      threshold: '0 faults',
    },
    {
      id: 'MO-1',
      level: 'L2',
      title: { en: 'joint values and speeds are inside limits', zh: '关节值与速度在限内' },
      threshold: '0 faults',
    },
    {
      id: 'DI-1',
      level: 'L2',
      title: { en: 'coverage is reported; no exact duplicates', zh: '覆盖度已报告，无重复' },
      threshold: '0 duplicates',
    },
    {
      id: 'CA-2',
      level: 'L3',
      title: { en: 'camera extrinsics with method and residual', zh: '相机外参及其方法与残差' },
      threshold: '100 %',
    },
    {
      id: 'MO-2',
      level: 'L3',
      title: { en: 'jerk, idle share and duration ratio are reported', zh: '加加速度、空闲占比与时长比已报告' },
      threshold: 'report',
    },
    {
      id: 'CO-3',
      level: 'L3',
      title: { en: 'consent records of contributors and premises', zh: '采集人员与场所的同意记录' },
      threshold: '100 %',
    },
    { id: 'CO-4', level: 'L3', title: { en: 'provenance in six links', zh: '六环来源链' }, threshold: '100 %' },
    {
      id: 'CO-5',
      level: 'L3',
      title: { en: 'title certificate or registration, if claimed', zh: '产权登记（如声明）' },
      threshold: 'verifies',
    },
    { id: 'AU-1', level: 'L3', title: { en: 'signed release manifest', zh: '发布清单已签名' }, threshold: 'verifies' },
  ],
};
