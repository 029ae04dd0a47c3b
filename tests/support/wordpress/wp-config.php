<?php
// The site of a test: everything that differs comes from its environment.
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', getenv('SITE_DATABASE'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
define('WP_HOME', getenv('SITE_URL'));
define('WP_SITEURL', getenv('SITE_URL'));
// Application passwords are refused over plain http, except where the environment says that it is a local one.
define('WP_ENVIRONMENT_TYPE', 'local');
// Nothing leaves this machine, nothing changes by itself.
define('WP_HTTP_BLOCK_EXTERNAL', true);
define('AUTOMATIC_UPDATER_DISABLED', true);
define('DISABLE_WP_CRON', true);
define('WP_DEFAULT_THEME', 'twentytwentythree');
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
    define('ABSPATH', getcwd() . '/');
}
require_once ABSPATH . 'wp-settings.php';
