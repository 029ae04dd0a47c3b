<?php
// Makes the database and the site; prints the application password of its first user.
[$host, $port] = explode(':', getenv('SITE_DATABASE'));
$server = new mysqli($host, 'root', '', '', (int) $port);
$server->query('create database wordpress character set utf8mb4');
$_SERVER['HTTP_HOST'] = parse_url(getenv('SITE_URL'), PHP_URL_HOST);
define('WP_INSTALLING', true);
require_once getcwd() . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
function wp_new_blog_notification() {} // no mail
wp_install('A site for tests', getenv('SITE_USER'), 'editor@example.test', true, '', wp_generate_password());
update_option('permalink_structure', '/%postname%/');
flush_rewrite_rules();
$made = WP_Application_Passwords::create_new_application_password(1, ['name' => 'Nightdesk']);
echo "\n", $made[0], "\n";
