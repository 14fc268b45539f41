case "$mode" in
  doctor) doctor ;;
  install) install_agent ;;
  uninstall) uninstall_agent ;;
esac
