<?php
// Makes a user with a role and prints an application password of it; with "revoke", takes all of its passwords away.
$_SERVER['HTTP_HOST'] = parse_url(getenv('SITE_URL'), PHP_URL_HOST);
require_once getcwd() . '/wp-load.php';
[, $name, $role] = $argv;
$user = get_user_by('login', $name);
$id = $user ? $user->ID : wp_insert_user(['user_login' => $name, 'user_pass' => wp_generate_password(), 'role' => $role]);
if ($role === 'revoke') {
    WP_Application_Passwords::delete_all_application_passwords($id);
} else {
    echo "\n", WP_Application_Passwords::create_new_application_password($id, ['name' => 'Nightdesk ' . wp_generate_uuid4()])[0], "\n";
}
