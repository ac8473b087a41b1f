import { describe, it, expect } from '@jest/globals';
import { VOCABULARY, VOCABULARY_KINDS, isTerm, labelsOf, parseVocabulary, vocabularyOf } from './vocabulary.js';

/** Codes of version 1. A later version may add to them; what stands here is in use somewhere and never goes away. */
const CODES_OF_V1: Readonly<Record<string, string>> = {
  task_family:
    'sorting grasping placement pick_and_place carrying assembly inspection care folding cleaning pouring ' +
    'door_drawer tool_use food_prep packing loading scanning handover welding navigation loco_manipulation ' +
    'fall_recovery',
  atomic_skill:
    'reach grasp pinch lift transport place release push pull rotate insert press slide wipe pour fold open close ' +
    'handover hold regrasp walk idle',
  phase: 'approach pre_contact contact grasp lift transport place release retreat',
  scene:
    'industrial automotive_line electronics_3c parts_warehouse logistics express_sorting warehouse retail ' +
    'restaurant office home kitchen bedroom living_room bathroom healthcare elder_care hotel agriculture ' +
    'laboratory outdoor simulated',
  lighting: 'low normal bright',
  surface_friction: 'low normal high',
  clutter: 'none low high',
  human_presence: 'yes no',
  embodiment_class:
    'humanoid_biped humanoid_wheeled single_arm dual_arm mobile_manipulator quadruped gripper_handheld exoskeleton ' +
    'human_body mobile_base drone simulated_robot',
  end_effector:
    'parallel_gripper dexterous_hand_3f dexterous_hand_5f suction tool_changer custom_claw human_hand glove none',
  modality:
    'rgb depth stereo infrared lidar_point_cloud joint_position joint_velocity joint_torque ee_pose gripper_state ' +
    'force_torque tactile_array tactile_vision imu audio hand_pose body_pose gaze action language base_odometry ' +
    'scene_3d',
  control_mode:
    'joint_position joint_velocity joint_torque cartesian_pose cartesian_delta cartesian_twist body_twist ' +
    'gripper_binary gripper_position dex_hand_joint composite',
  control_reference: 'absolute relative_previous relative_initial',
  control_origin: 'commanded executed',
  collection_method:
    'teleop_vr teleop_leader_follower teleop_exoskeleton teleop_joystick kinesthetic umi_handheld egocentric_video ' +
    'motion_capture data_glove autonomous_rollout human_intervention simulation sim_teleop generated_video',
  reality: 'real_robot human simulated mixed',
  pyramid_tier: 'raw_stream demonstration sim_transfer annotated_corpus',
  annotation_type:
    'task_instruction subtask_segments atomic_action_segments success_label failure_cause recoverable ' +
    'intervention_flag object_boxes segmentation_mask object_pose_6d contact_state grasp_type scene_description ' +
    'motion_description hand_keypoints safety_event quality_score',
  outcome: 'success failure partial aborted',
  failure_mode:
    'slip drop collision missed_grasp unstable_contact spill wrong_order operator_error robot_fault sensor_fault ' +
    'timeout',
  quality_dimension:
    'integrity completeness synchronization sampling calibration motion_smoothness pose_stability ' +
    'bimanual_coordination task_focus execution_efficiency label_accuracy consistency diversity novelty ' +
    'authenticity compliance documentation',
  grade: 'A B C U',
  use:
    'evaluate research_training commercial_training fine_tune release_weights_open commercialise_model_output ' +
    'embed_in_product redistribute_data redistribute_derivative_data internal_copy share_with_affiliate ' +
    'benchmark_publication',
  redistribution: 'none internal_affiliates allowed',
  derived_model_rights: 'unrestricted noncommercial share_alike negotiated',
  exclusivity: 'non_exclusive field_exclusive exclusive',
  consent_scope: 'research commercial redistribution derived_model',
  premises_consent: 'obtained not_needed missing',
  title_right: 'hold process_use operate',
  title_event: 'first transfer change renewal cancellation licence revocation objection',
  refusal_ground:
    'basic_information incomplete_information inaccurate_description provider_not_identified quality_not_shown ' +
    'legality core_data important_data unauthorised_source ownership_dispute consent_missing premises_not_agreed ' +
    'licence_contradiction unlawful_content export_not_cleared ' +
    'tradability trade_prohibited no_offer terms_undecided rights_conflict title_missing',
  personal_data: 'none anonymised present_with_consent',
  format: 'lerobot mcap hdf5 rlds zarr rosbag video',
};

const fileWith = (terms: object[]): string =>
  JSON.stringify({ version: 1, kinds: [{ kind: 'scene', zh: '场景', en: 'Scene', terms }] });

describe('vocabulary', () => {
  it('still has every code of version 1', () => {
    for (const [kind, codes] of Object.entries(CODES_OF_V1)) {
      const missing = codes.split(' ').filter((code) => !isTerm(kind, code));

      expect({ kind, missing }).toEqual({ kind, missing: [] });
    }
  });

  it('pins every kind and code that the file has', () => {
    const unpinned = VOCABULARY.kinds.flatMap(({ kind, terms }) =>
      terms
        .filter(({ code }) => !(CODES_OF_V1[kind] ?? '').split(' ').includes(code))
        .map(({ code }) => `${kind}.${code}`),
    );

    expect(unpinned).toEqual([]);
    expect(VOCABULARY_KINDS).toEqual(Object.keys(CODES_OF_V1));
  });

  it('answers labels in both languages and null for what is no term', () => {
    expect(labelsOf('task_family', 'grasping')).toEqual({ zh: '抓取', en: 'Grasping' });
    expect(labelsOf('task_family', 'kitchen')).toBeNull();
    expect(isTerm('no_such_kind', 'grasping')).toBe(false);
  });

  it('groups scenes under their domain', () => {
    const kitchen = vocabularyOf('scene')?.terms.find(({ code }) => code === 'kitchen');

    expect(kitchen?.parent).toBe('home');
  });

  it.each([
    [
      'a code twice',
      [
        { code: 'home', zh: '家', en: 'Home' },
        { code: 'home', zh: '家', en: 'Home' },
      ],
      /scene\.home stands twice/,
    ],
    [
      'a parent that does not exist',
      [{ code: 'home', zh: '家', en: 'Home', parent: 'nowhere' }],
      /refers to "nowhere"/,
    ],
    ['a code that is not snake_case', [{ code: 'My Home', zh: '家', en: 'Home' }], /snake_case/],
    ['a missing label', [{ code: 'home', en: 'Home' }], /malformed/],
    ['an unknown key', [{ code: 'home', zh: '家', en: 'Home', colour: 'red' }], /malformed/],
  ])('refuses a file with %s', (_what, terms, message) => {
    expect(() => parseVocabulary(fileWith(terms))).toThrow(message);
  });
});
